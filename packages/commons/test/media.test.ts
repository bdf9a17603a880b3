// What files are, by their bytes and their names.
import { describe, expect, test } from "vitest";
import { judgeFile } from "../src/judge-file.ts";
import { kindOf, type MediaKind, safeFilename, sha256Hex } from "../src/media.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const JPEG = bytes("\xff\xd8\xff\xe0\x00\x10JFIF\x00");
const OGG = bytes(`OggS\x00\x02${"\0".repeat(20)}\x01\x13OpusHead${"\0".repeat(40)}`);
const ZIP = bytes(`PK\x03\x04\x14\x00\x00\x00\x00\x00${"\0".repeat(16)}\x01\x00\x00\x00a`);
const EXE = bytes(`MZ${"\0".repeat(100)}`);
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const UTF16 = new Uint8Array(Buffer.from("\ufeff <html>", "utf16le"));

describe("judgeFile", () => {
  test.each<[string, Uint8Array, MediaKind, string | undefined, string, string]>([
    ["a photo", JPEG, "image", "image/jpeg", "image/jpeg", "jpg"],
    ["a photo under another picture's name", JPEG, "image", "image/png", "image/jpeg", "jpg"],
    ["a photo without a name", JPEG, "image", undefined, "image/jpeg", "jpg"],
    ["a voice note", OGG, "audio", "audio/ogg; codecs=opus", "audio/ogg", "ogg"],
    ["a sound that nobody knows by its beginning", bytes("\x01\x02"), "audio", "audio/amr", "audio/amr", "amr"],
    ["words", bytes("hello"), "document", "text/plain", "text/plain", "txt"],
    ["an office file", ZIP, "document", DOCX, DOCX, "docx"],
    ["an archive under a picture's name", ZIP, "document", "image/png", "application/zip", "zip"],
    [
      "words behind many remarks",
      bytes(`${"<!---->".repeat(580)}hello`),
      "document",
      "text/plain",
      "text/plain",
      "txt",
    ],
    ["a page sent as one", bytes("<html>"), "document", "text/html", "application/octet-stream", "bin"],
    ["a program sent as one", EXE, "document", "application/x-msdownload", "application/octet-stream", "bin"],
    ["words under a page's name", bytes("hello"), "document", "text/html", "application/octet-stream", "bin"],
    ["what nobody names", bytes("hello"), "document", undefined, "application/octet-stream", "bin"],
    ["what is named with nonsense", bytes("hello"), "document", "a/b\r\nx: y", "application/octet-stream", "bin"],
  ])("knows %s", async (_, head, kind, mimeType, type, extension) => {
    expect(await judgeFile(head, { kind, mimeType })).toEqual({ mimeType: type, extension });
  });

  test.each<[string, Uint8Array, MediaKind, string]>([
    ["a page as a photo", bytes("  <!DOCTYPE html>"), "image", "image/jpeg"],
    ["a page behind a remark", bytes("<!-- a -->\n<script>"), "document", "application/pdf"],
    ["a page behind many remarks", bytes(`${"<!---->".repeat(580)}<svg>`), "document", "application/pdf"],
    ["a remark without an end", bytes(`<!-- ${"-".repeat(4000)}`), "document", "text/plain"],
    ["a page in other letters", UTF16, "document", "application/pdf"],
    ["a drawing with scripts", bytes('<?xml version="1.0"?>\n<svg:svg xmlns:svg="x">'), "document", "application/pdf"],
    ["a program as a document", EXE, "document", "application/pdf"],
    ["a script", bytes("#!/bin/sh"), "document", "text/plain"],
    ["a photo as a sound", JPEG, "audio", "audio/ogg"],
    ["an archive as a film", ZIP, "video", "video/mp4"],
    ["words as a sticker", bytes("hello"), "sticker", "image/webp"],
  ])("refuses %s", async (_, head, kind, mimeType) => {
    await expect(judgeFile(head, { kind, mimeType })).rejects.toMatchObject({ code: "media_type" });
  });
});

test.each([
  ["Menu.pdf", "Menu.pdf"],
  ["../../etc/passwd", "passwd"],
  ["C:\\temp\\a.doc", "a.doc"],
  ["..", undefined],
  ["invoice\u202efdp.exe", "invoicefdp.exe"],
  ["a\u0000b\nc.txt", "abc.txt"],
  ['<a "b">.txt', "_a _b__.txt"],
  [`${"é".repeat(300)}.pdf`, `${"é".repeat(236)}.pdf`],
  ["", undefined],
  [undefined, undefined],
])("safeFilename(%j)", (name, safe) => expect(safeFilename(name)).toBe(safe));

test("a hash is read in both spellings", () => {
  const hex = "00ff".repeat(16);
  const base64 = Buffer.from(hex, "hex").toString("base64");
  expect([hex, hex.toUpperCase(), base64, base64.replace("=", "")].map(sha256Hex)).toEqual([hex, hex, hex, hex]);
  expect(["", "x", undefined, `${hex}0`].map(sha256Hex)).toEqual([undefined, undefined, undefined, undefined]);
});

test("a type decides how a file is sent", () => {
  expect(
    ["image/PNG", "image/webp", "image/gif", "audio/ogg; codecs=opus", "video/mp4", "application/pdf"].map(kindOf),
  ).toEqual(["image", "sticker", "document", "audio", "video", "document"]);
});

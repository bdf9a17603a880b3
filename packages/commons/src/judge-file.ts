// What a file really is, whatever it was announced as: its first bytes decide. A web page or a program under another name
// is refused, because what lies in Storage is opened in a browser some day.
import { fileTypeFromBuffer } from "file-type";
import { MessageProcessingError } from "./errors.ts";
import { bareType, type MediaKind } from "./media.ts";

/** How many bytes from its beginning tell what a file is. */
export const HEAD_BYTES = 4100;

/** What a file is by its first bytes. */
export interface FileType {
  readonly mimeType: string;
  /** Without the dot. */
  readonly extension: string;
}

/**
 * Says what a file is, from its first bytes and what was said about it.
 * @param head - its first `HEAD_BYTES` bytes, or all of it
 * @param said - the kind of the message, and the type that the other side named
 * @returns its true type; a web page or a program that was sent openly as a document is `application/octet-stream`, so that
 * no browser ever runs it
 * @throws MessageProcessingError `media_type`: a web page or a program under another name, or no picture where one was promised
 */
export async function judgeFile(
  head: Uint8Array,
  said: { readonly kind: MediaKind; readonly mimeType?: string | undefined },
): Promise<FileType> {
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const named = bareType(said.mimeType ?? "");
  const dangerous = dangerIn(head, found?.mime);
  if (dangerous !== undefined) {
    if (said.kind === "document" && isDangerousName(named)) return { mimeType: OPAQUE, extension: "bin" };
    throw refusal(`it is ${dangerous} and was announced as ${named || "nothing"}`);
  }
  const isRight = FAMILY[said.kind];
  if (found !== undefined) {
    if (!isRight(found.mime)) throw refusal(`it is ${bareType(found.mime)} and was announced as ${said.kind}`);
    // Office files and the like are archives to whoever sees their beginning only: the announced name says more.
    const isContainer = CONTAINERS.has(bareType(found.mime)) && named.startsWith("application/");
    if (said.kind === "document" && isContainer && !isDangerousName(named))
      return { mimeType: named, extension: EXTENSIONS.get(named) ?? found.ext };
    const mimeType = AUDIO_AS_SAID.has(named) && said.kind === "audio" ? named : bareType(found.mime);
    return { mimeType, extension: EXTENSIONS.get(mimeType) ?? found.ext };
  }
  if (said.kind === "image" || said.kind === "sticker") throw refusal(`it is no picture and was announced as one`);
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(named) || isDangerousName(named)) return { mimeType: OPAQUE, extension: "bin" };
  return { mimeType: named, extension: EXTENSIONS.get(named) ?? "bin" };
}

const OPAQUE = "application/octet-stream";
const CONTAINERS = new Set(["application/zip", "application/x-cfb", "application/xml"]);
/** Containers that hold sound as well as pictures: what they were announced as is right. */
const AUDIO_AS_SAID = new Set(["audio/ogg", "audio/mp4", "audio/aac", "audio/amr", "audio/mpeg"]);
const isSoundOrFilm = (mime: string) => /^(audio|video)\/|^application\/ogg/.test(mime);
const FAMILY: Readonly<Record<MediaKind, (mime: string) => boolean>> = {
  image: (mime) => mime.startsWith("image/"),
  sticker: (mime) => mime.startsWith("image/"),
  audio: isSoundOrFilm,
  video: isSoundOrFilm,
  document: () => true,
};
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["image/jpeg", "jpg"],
  ["image/png", "png"],
  ["image/webp", "webp"],
  ["audio/ogg", "ogg"],
  ["audio/mpeg", "mp3"],
  ["audio/mp4", "m4a"],
  ["audio/aac", "aac"],
  ["audio/amr", "amr"],
  ["video/mp4", "mp4"],
  ["video/3gpp", "3gp"],
  ["text/plain", "txt"],
  ["text/csv", "csv"],
  ["application/pdf", "pdf"],
  ["application/msword", "doc"],
  ["application/vnd.ms-excel", "xls"],
  ["application/vnd.ms-powerpoint", "ppt"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
  ["application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"],
]);

const PROGRAMS =
  /^application\/(x-msdownload|x-elf|x-mach-binary|x-dosexec|vnd\.microsoft\.portable-executable|java-vm|wasm|x-shockwave-flash|vnd\.android\.package-archive|x-ms-shortcut|x-msi|x-sh|javascript)$/;
const PAGES = /^(text\/(html|javascript|xml)|application\/(xhtml\+xml|xml)|image\/svg\+xml)$/;
const PAGE_START =
  /^<(?:!doctype\s+html|html|head|body|script|iframe|object|embed|svg|meta|title|style|base|link|form)\b/i;

function dangerIn(head: Uint8Array, found: string | undefined): string | undefined {
  if (found !== undefined && PROGRAMS.test(bareType(found))) return "a program";
  const text = new TextDecoder(charsetOf(head)).decode(head);
  if (PAGE_START.test(withoutRemarks(text))) return "a web page";
  if (found === "application/xml" && /<(?:[\w-]+:)?(svg|html|script)\b/i.test(text)) return "a web page";
  if (text.startsWith("#!")) return "a program";
  return undefined;
}

/** A text from its first word on, behind white space and remarks; step by step, because a pattern would try every way to split them. */
function withoutRemarks(text: string): string {
  let rest = text.replace(/^[\s\ufeff]+/, "");
  while (rest.startsWith("<!--")) {
    const end = rest.indexOf("-->", 4);
    if (end === -1) return "<html"; // a remark without an end is a page's, whatever comes
    rest = rest.slice(end + 3).trimStart();
  }
  return rest;
}

function isDangerousName(mimeType: string): boolean {
  return PROGRAMS.test(mimeType) || PAGES.test(mimeType);
}

function charsetOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

function refusal(reason: string): MessageProcessingError {
  return new MessageProcessingError(`The file is refused: ${reason}.`, { code: "media_type" });
}

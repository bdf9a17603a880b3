// The proof that a webhook is Meta's.
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { verifyChallenge, verifySignature } from "../../src/providers/cloud-api/signature.ts";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const sign = (body: string, secret: string): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
// As Meta sends it: everything beyond ASCII, and the slash, escaped.
const body = String.raw`{"entry":[{"text":"\u00e4\ud83d\ude00","url":"https:\/\/x.example"}]}`;

describe("verifySignature", () => {
  test("accepts the signature over the raw bytes", async () => {
    expect(await verifySignature(bytes(body), sign(body, "s1"), ["s1"])).toBe(true);
  });

  test("accepts any of the secrets, so that one can be rotated", async () => {
    expect(await verifySignature(bytes(body), sign(body, "old"), ["new", "old"])).toBe(true);
    expect(await verifySignature(bytes(body), sign(body, "new"), ["new", "old"])).toBe(true);
  });

  test("refuses the bytes of the same JSON written again", async () => {
    const rewritten = JSON.stringify(JSON.parse(body));
    expect(await verifySignature(bytes(rewritten), sign(body, "s1"), ["s1"])).toBe(false);
  });

  test.each([
    ["a missing header", null],
    ["another secret", sign(body, "s2")],
    ["another body", sign(`${body} `, "s1")],
    ["no prefix", sign(body, "s1").slice(7)],
    ["SHA-1", `sha1=${createHmac("sha1", "s1").update(body).digest("hex")}`],
    ["a shorter digest", sign(body, "s1").slice(0, -2)],
    ["something behind it", `${sign(body, "s1")}00`],
    ["no hex", `sha256=${"z".repeat(64)}`],
    ["an empty header", ""],
  ])("refuses %s", async (_, header) => {
    expect(await verifySignature(bytes(body), header, ["s1"])).toBe(false);
  });

  test("refuses everything when there is no secret, and an empty secret is none", async () => {
    expect(await verifySignature(bytes(body), sign(body, ""), [])).toBe(false);
    expect(await verifySignature(bytes(body), sign(body, ""), [""])).toBe(false);
  });

  test("takes an empty body", async () => {
    expect(await verifySignature(bytes(""), sign("", "s1"), ["s1"])).toBe(true);
  });
});

describe("verifyChallenge", () => {
  const query = (mode: string, token: string, challenge?: string): URLSearchParams =>
    new URLSearchParams({
      "hub.mode": mode,
      "hub.verify_token": token,
      ...(challenge === undefined ? {} : { "hub.challenge": challenge }),
    });

  test("gives the challenge back", async () => {
    expect(await verifyChallenge(query("subscribe", "secret", "1158201444"), "secret")).toBe("1158201444");
  });

  test.each([
    ["another token", query("subscribe", "secreT", "1")],
    ["a longer token", query("subscribe", "secret ", "1")],
    ["another mode", query("unsubscribe", "secret", "1")],
    ["no challenge", query("subscribe", "secret")],
    ["nothing", new URLSearchParams()],
  ])("refuses %s", async (_, refused) => {
    expect(await verifyChallenge(refused, "secret")).toBeNull();
  });

  test("refuses an empty token even when ours is empty", async () => {
    expect(await verifyChallenge(query("subscribe", "", "1"), "")).toBeNull();
  });
});

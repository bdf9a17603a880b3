import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJsonBody, readBody } from "../../src/work/webhook-body.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A request whose body comes in pieces, without a content-length. */
function chunked(pieces: readonly Uint8Array[], headers: Record<string, string> = {}): Request {
  const left = [...pieces];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
  return new Request("http://door.test/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
}

describe("readBody", () => {
  test("gives the bytes as they came, in one piece", async () => {
    const body = await readBody(chunked([bytes("{"), bytes('"a":1'), bytes("}")]), 7);
    expect(new TextDecoder().decode(body)).toBe('{"a":1}');
  });

  test("gives nothing when there is no body", async () => {
    expect(await readBody(new Request("http://door.test/", { method: "POST" }), 7)).toHaveLength(0);
  });

  test.each([
    ["a content-length beyond the limit", chunked([], { "content-length": "8" })],
    ["more than a content-length that lies", chunked([bytes("12345678")], { "content-length": "1" })],
    ["more in pieces", chunked([bytes("1234"), bytes("5678")])],
  ])("refuses %s", async (_, request) => {
    await expect(readBody(request, 7)).rejects.toMatchObject({ code: "body_too_large" });
  });

  test("says that a body was cut off", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    const request = new Request("http://door.test/", { method: "POST", body, duplex: "half" } as RequestInit);
    await expect(readBody(request, 7)).rejects.toMatchObject({ code: "body_cut_off" });
  });
});

describe("parseJsonBody", () => {
  test("parses whatever JSON there is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJsonBody(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["no JSON", bytes("hello")],
    ["JSON that ends too early", bytes('{"a":')],
    ["a text that does not end", bytes('"\\')],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
  ])("refuses %s", (_, body) => {
    expect(() => parseJsonBody(body)).toThrow(expect.objectContaining({ code: "body_malformed" }));
  });

  test("takes 100 levels and refuses 101", () => {
    expect(parseJsonBody(bytes("[".repeat(100) + "]".repeat(100)))).toHaveLength(1);
    expect(() => parseJsonBody(bytes("[".repeat(101) + "]".repeat(101)))).toThrow("100 levels");
  });

  test("takes brackets within texts for what they are", () => {
    const value = { a: `${'[{"\\'.repeat(500)}`, "[[": ["]"] };
    expect(parseJsonBody(bytes(JSON.stringify(value)))).toEqual(value);
  });

  test.each([
    ["a million brackets", "[".repeat(3_000_000)],
    ["a million objects", '{"a":'.repeat(600_000)],
    ["backslashes without an end", `"${"\\".repeat(3_000_000)}`],
  ])("refuses %s without choking", (_, text) => {
    expect(() => parseJsonBody(bytes(text))).toThrow(expect.objectContaining({ code: "body_malformed" }));
  });
});

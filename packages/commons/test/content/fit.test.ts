// Contents that are to be one message: what becomes of them, and what is said of those that cannot.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OutboundContent } from "../../src/outbound.ts";
import { cloudApiCapabilities as cloud } from "../../src/providers/cloud-api/capabilities.ts";
import { degrade } from "../../src/text/degrade.ts";
import { fileMisfits, filesOf, fit, fitOrThrow, withFileTypes } from "../../src/text/fit.ts";
import { anyContent, filesOnly, providers, textOnly } from "./contents.ts";

const MEDIA = "0191d9a4-7d1e-7c6f-8a3b-2f0b6c1d4e5f";
const link = { link: "https://files.example/a" };
const titles = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `${index}`, title: `No ${index}` }));
const buttons = (count: number): OutboundContent => ({ type: "buttons", text: "Which?", buttons: titles(count) });
const said = (content: OutboundContent, can = cloud) => {
  const fitted = fit(content, can);
  return "misfits" in fitted ? fitted.misfits : fitted.content.type;
};

describe.each(providers)("through %s", (_, can) => {
  test("what degrades to one message fits as that one, anything else is told in words", () => {
    fc.assert(
      fc.property(anyContent, (content) => {
        const parts = content.type === "template" && !can.templates ? [] : degrade(content, can);
        const fitted = fit(content, can);
        if (parts.length === 1) expect(fitted).toEqual({ content: parts[0] });
        else
          expect(fitted).toEqual({
            misfits: expect.arrayContaining([{ path: expect.any(String), message: expect.stringMatching(/: \w+/) }]),
          });
      }),
      { numRuns: 300 },
    );
  });
});

describe("fit", () => {
  test("gives a fourth button a list, and an eleventh row numbered text", () => {
    expect([said(buttons(3)), said(buttons(4)), said(buttons(11))]).toEqual(["buttons", "list", "text"]);
  });

  test("names what is too long, how long it may be and what to do", () => {
    const text = "a".repeat(5200);
    expect(said({ type: "text", text })).toEqual([
      {
        path: "text",
        message: "the text has 5,200 characters; the provider takes 4,096: send several messages, or a shorter one",
      },
    ]);
    expect(said({ type: "image", media: link, caption: text })).toMatchObject([
      { path: "caption", message: expect.stringContaining("5,200 characters; the provider takes 1,024: shorten it") },
    ]);
    expect(said({ type: "cta_url", text, title: "Open", url: link.link })).toMatchObject([
      { message: expect.stringContaining("the provider takes 1,024") },
    ]);
    const contacts = Array.from({ length: 258 }, () => ({ name: { formatted: "Ana" } }));
    expect(said({ type: "contacts", contacts })).toMatchObject([{ message: expect.stringContaining("258 cards") }]);
  });

  test("a picture above a list, templates at a provider without them, and nothing at all do not fit", () => {
    const header = { type: "image", media: link } as const;
    expect(said({ type: "list", text: "All", button: "Open", header, sections: [{ rows: titles(2) }] })).toMatchObject([
      { path: "header", message: expect.stringContaining("of its own before") },
    ]);
    expect(said({ type: "template", name: "hello", language: "en_US" }, filesOnly)).toMatchObject([{ path: "type" }]);
    expect(said({ type: "text", text: " \n" })).toMatchObject([{ path: "" }]);
    expect(() => fitOrThrow({ type: "text", text: "a ".repeat(100) }, textOnly)).toThrow(
      expect.objectContaining({ code: "content_does_not_fit", message: expect.stringContaining("takes 120") }),
    );
  });
});

describe("files of ours", () => {
  const image: OutboundContent = { type: "image", media: { mediaId: MEDIA }, mimeType: "image/jpeg" };
  const facts = (mimeType: string, size: number) => new Map([[MEDIA, { mimeType, size }]]);

  test("are found wherever they stand", () => {
    const file = { mediaId: MEDIA };
    const header = { type: "document", media: file } as const;
    expect(filesOf({ ...(buttons(2) as Extract<OutboundContent, { type: "buttons" }>), header })).toEqual([
      { path: "header.media", kind: "document", mediaId: MEDIA },
    ]);
    const parameters = [{ type: "text", text: "x" } as const, { type: "video", video: file } as const];
    const components = [{ type: "header", parameters } as const];
    expect(filesOf({ type: "template", name: "hello", language: "en_US", components })).toEqual([
      { path: "components.0.parameters.1.video", kind: "video", mediaId: MEDIA },
    ]);
    expect(filesOf({ type: "image", media: link })).toEqual([]);
  });

  test("must be there, of a type that the provider takes, and not too large", () => {
    expect(fileMisfits(image, cloud, facts("image/png", 70))).toEqual([]);
    expect(fileMisfits(image, cloud, new Map())).toMatchObject([
      { message: expect.stringContaining("upload it first") },
    ]);
    expect(fileMisfits(image, cloud, facts("application/pdf", 70))).toEqual([
      {
        path: "media",
        message:
          "the file is application/pdf; as image the provider takes image/jpeg, image/png: send it as a document",
      },
    ]);
    expect(fileMisfits(image, cloud, facts("image/png", 6_000_000))).toMatchObject([
      { message: expect.stringContaining("6,000,000 bytes; as image the provider takes 5,242,880") },
    ]);
    expect(fileMisfits(image, textOnly, facts("image/png", 70))).toMatchObject([
      { message: "the provider takes no file as image: send another file" },
    ]);
  });

  test("have the type that they are of, whatever was said", () => {
    expect(withFileTypes(image, facts("image/png", 70))).toEqual({ ...image, mimeType: "image/png" });
    expect(withFileTypes(image, new Map())).toBe(image);
  });
});

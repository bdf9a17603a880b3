// Contents that a provider cannot show as they are: what becomes of them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Capabilities } from "../../src/capabilities.ts";
import { type OutboundContent, outboundContent } from "../../src/outbound.ts";
import { cloudApiCapabilities as cloud } from "../../src/providers/cloud-api/capabilities.ts";
import { degrade } from "../../src/text/degrade.ts";
import { anyContent, filesOnly, problemsOf, providers, textOnly, wordsOf } from "./contents.ts";

const link = { link: "https://files.example/a" };
const buttons = (...titles: string[]): OutboundContent => ({
  type: "buttons",
  text: "Which?",
  buttons: titles.map((title, index) => ({ id: `b${index}`, title })),
});
const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `r${index}`, title: `Row ${index + 1}` }));
const types = (content: OutboundContent, can: Capabilities) => degrade(content, can).map(({ type }) => type);

describe.each(providers)("whatever is sent through %s", (_, can) => {
  test("fits, says every word, and fits again as it is", () => {
    fc.assert(
      fc.property(anyContent, (content) => {
        expect(outboundContent.safeParse(content).error).toBeUndefined();
        const parts = degrade(content, can);
        expect(parts.flatMap((part) => problemsOf(part, can))).toEqual([]);
        for (const part of parts) expect(outboundContent.safeParse(part).error).toBeUndefined();
        const said = parts.flatMap(wordsOf).join(" ");
        for (const word of wordsOf(content)) if (isSaid(content, word)) expect(said).toContain(word);
        expect(parts.flatMap((part) => degrade(part, can))).toEqual(parts);
      }),
      { numRuns: 400 },
    );
  });
});

/** A sticker that is told by its description is not told by its link too. */
function isSaid(content: OutboundContent, word: string): boolean {
  const isDescribed = content.type === "sticker" && content.description !== undefined;
  return !isDescribed || !word.startsWith("https:");
}

describe("buttons", () => {
  test("stay when they fit", () => {
    const content = buttons("Yes", "No", "Perhaps");
    expect(degrade(content, cloud)).toEqual([content]);
  });

  test("become a list from the fourth on", () => {
    const {
      type: _,
      buttons: all,
      ...rest
    } = { ...buttons("A", "B", "C", "D") } as Extract<OutboundContent, { type: "buttons" }>;
    expect(degrade({ ...rest, type: "buttons", buttons: all, menu: "Choose" }, cloud)).toEqual([
      { type: "list", text: "Which?", button: "Choose", sections: [{ rows: all }] },
    ]);
    expect(degrade(buttons("A", "B", "C", "D"), cloud)).toMatchObject([{ type: "list", button: "☰" }]);
  });

  test("become numbered text from the eleventh on, and where there are no buttons", () => {
    const titles = Array.from({ length: 11 }, (_, index) => `Table ${index + 1}`);
    const [text, ...more] = degrade(buttons(...titles), cloud);
    expect(more).toEqual([]);
    expect(text).toMatchObject({
      type: "text",
      text: expect.stringMatching(/^Which\?\n\n1\. Table 1\n2\. Table 2\n[\s\S]*11\. Table 11$/),
    });
    expect(degrade(buttons("Yes", "No"), filesOnly)).toEqual([{ type: "text", text: "Which?\n\n1. Yes\n2. No" }]);
  });

  test("with a title that is too long say it in full in the text", () => {
    expect(degrade(buttons("A table on the terrace", "No"), cloud)).toEqual([
      {
        ...{ type: "buttons", text: "Which?\n\n- A table on the terrace" },
        buttons: [
          { id: "b0", title: "A table on the terr…" },
          { id: "b1", title: "No" },
        ],
      },
    ]);
  });

  test("are numbered when they would look alike", () => {
    const [content] = degrade(buttons("A table outside tonight at 7", "A table outside tonight at 8"), cloud);
    expect(content).toMatchObject({ buttons: [{ title: "1. A table outside…" }, { title: "2. A table outside…" }] });
  });

  test("keep their place below a text that is too long", () => {
    const text = "A sentence that goes on for a while. ".repeat(40).trim();
    const parts = degrade({ ...buttons("Yes"), text } as OutboundContent, cloud);
    expect(parts.map(({ type }) => type)).toEqual(["text", "buttons"]);
  });
});

describe("a list", () => {
  const list = (sections: Extract<OutboundContent, { type: "list" }>["sections"]): OutboundContent => ({
    ...{ type: "list", text: "Our menu", button: "Open", sections },
  });

  test("stays up to ten rows and becomes numbered text beyond, sections and descriptions included", () => {
    expect(types(list([{ rows: rows(10) }]), cloud)).toEqual(["list"]);
    const sections = [
      { title: "Starters", rows: [{ id: "s", title: "Soup", description: "of the day" }] },
      { title: "Mains", rows: rows(10) },
    ];
    expect(degrade(list(sections), cloud)).toMatchObject([
      {
        type: "text",
        text: expect.stringMatching(/^Our menu\n\nStarters\n1\. Soup – of the day\n\nMains\n2\. Row 1\n/),
      },
    ]);
  });

  test("says a title that is too long at the head of its description", () => {
    const row = { id: "r", title: "Grilled vegetables of the season", description: "with rice" };
    expect(degrade(list([{ rows: [row] }]), cloud)).toMatchObject([
      {
        text: "Our menu",
        sections: [
          {
            rows: [{ title: "Grilled vegetables of t…", description: "Grilled vegetables of the season – with rice" }],
          },
        ],
      },
    ]);
  });

  test("sends a picture above it ahead: a list takes none", () => {
    const content = {
      ...list([{ rows: rows(2) }]),
      header: { type: "image", media: link },
      replyTo: "m1",
    } as OutboundContent;
    expect(degrade(content, cloud)).toMatchObject([{ type: "image", media: link, replyTo: "m1" }, { type: "list" }]);
    expect(degrade(content, cloud)[1]).not.toHaveProperty("replyTo");
    expect(degrade(content, cloud)[1]).not.toHaveProperty("header");
  });
});

describe("files", () => {
  test("of a type that the provider does not take as such are documents", () => {
    expect(degrade({ type: "image", media: link, mimeType: "image/gif", caption: "Look" }, cloud)).toEqual([
      { type: "document", media: link, mimeType: "image/gif", caption: "Look" },
    ]);
  });

  test.each(["image/jpg", "IMAGE/JPEG; q=1", "image/png"])("stay what they are in the type %s", (mimeType) => {
    expect(types({ type: "image", media: link, mimeType }, cloud)).toEqual(["image"]);
  });

  test("are their caption and their link where there are none", () => {
    expect(degrade({ type: "image", media: link, caption: "Look" }, textOnly)).toEqual([
      { type: "text", text: "Look\n\nhttps://files.example/a" },
    ]);
    const mediaId = "7f1f0a86-26f3-4d0c-8f7e-0d7a0a1c3b11";
    expect(degrade({ type: "audio", media: { mediaId } }, textOnly)).toEqual([{ type: "text", text: "[audio]" }]);
  });

  test("are voice messages only in a type that can be one", () => {
    expect(degrade({ type: "audio", media: link, mimeType: "audio/mpeg", voice: true }, cloud)).toEqual([
      { type: "audio", media: link, mimeType: "audio/mpeg" },
    ]);
    const opus: OutboundContent = { type: "audio", media: link, mimeType: "audio/ogg; codecs=opus", voice: true };
    expect(degrade(opus, cloud)).toEqual([opus]);
  });

  test("with a caption that is too long are followed by it", () => {
    const caption = "word ".repeat(300).trim();
    expect(degrade({ type: "video", media: link, caption, replyTo: "m1" }, cloud)).toEqual([
      { type: "video", media: link, replyTo: "m1" },
      { type: "text", text: caption },
    ]);
  });
});

describe("where there is only text", () => {
  test.each<[OutboundContent, string]>([
    [{ type: "sticker", media: link, description: "A cat waves" }, "A cat waves"],
    [{ type: "sticker", media: link }, "https://files.example/a"],
    [{ type: "reaction", messageId: "m1", emoji: "👍" }, "👍"],
    [{ type: "location", latitude: 1.5, longitude: -2, name: "Luna" }, "Luna\nhttps://maps.google.com/?q=1.5,-2"],
    [
      {
        type: "contacts",
        contacts: [{ name: { formatted: "Ana Silva" }, phones: [{ phone: "+1 555 0100", type: "WORK" }] }],
      },
      "Ana Silva\n+1 555 0100 (WORK)",
    ],
    [
      { type: "cta_url", text: "Our menu", title: "Open", url: "https://luna.example/menu" },
      "Our menu\n\nOpen: https://luna.example/menu",
    ],
    [{ type: "flow", text: "A table?", title: "Book", flowId: "1" }, "A table?\n\nBook"],
    [{ type: "location_request", text: "Where are you?" }, "Where are you?"],
    [{ type: "contact_info_request", text: "Your number?" }, "Your number?"],
  ])("%j is %j", (content, text) => {
    expect(degrade(content, textOnly)).toEqual([{ type: "text", text }]);
  });

  test("a reaction quotes what it is to, where quoting is possible", () => {
    expect(degrade({ type: "reaction", messageId: "m1", emoji: "👍" }, { ...textOnly, replies: true })).toEqual([
      { type: "text", text: "👍", replyTo: "m1" },
    ]);
    expect(degrade({ type: "reaction", messageId: "m1", emoji: "" }, textOnly)).toEqual([]);
  });

  test("a template is refused: its words are at the provider", () => {
    const template: OutboundContent = { type: "template", name: "reminder", language: "en" };
    expect(degrade(template, cloud)).toEqual([template]);
    expect(() => degrade(template, textOnly)).toThrow(/has no templates/);
  });
});

test("a text of white space is nothing, and buttons below one still have a text", () => {
  expect(degrade({ type: "text", text: " \n" }, cloud)).toEqual([]);
  expect(degrade({ ...buttons("Yes", "No"), text: " " } as OutboundContent, cloud)).toMatchObject([
    { text: "Yes / No" },
  ]);
});

// What a content must be, and what is said to who sends another one: the field and how to mend it, never a value.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { agentAnswer } from "../../src/agent-contract.ts";
import { type OutboundContent, outboundContent } from "../../src/outbound.ts";
import { problemsOf } from "../../src/problems.ts";
import { describeContent } from "../../src/text/describe.ts";
import { examples } from "../providers/contents-of-each-type.ts";

const link = "https://files.example/a";

describe("an agent's answer", () => {
  test.each<[object | string, string | RegExp]>([
    ["secret", "replies.0: Invalid input: expected object, received string"],
    [{ type: "secret" }, /^replies\.0\.type: .*Expected 'text' \| 'image' \| .*'template'$/],
    [{ text: "secret" }, /^replies\.0\.type: .*Expected/],
    [{ type: "text", text: 5 }, "replies.0.text: Invalid input: expected string, received number"],
    [{ type: "image", media: { link: "http://secret" } }, "replies.0.media.link: must be an https address"],
    [
      { type: "image", media: { secret: 1 } },
      "replies.0.media: must be { link: an https address } or { mediaId: our media id }",
    ],
    [{ type: "image", media: { link }, mimeType: "secret" }, "replies.0.mimeType: must look like image/jpeg"],
    [{ type: "buttons", text: " ", buttons: [{ id: "1", title: "a" }] }, "replies.0.text: must hold something to read"],
    [
      { type: "buttons", text: "a", buttons: [{ id: "1", title: "secret".repeat(50) }] },
      "replies.0.buttons.0.title: Too big: expected string to have <=200 characters",
    ],
    [
      { type: "buttons", text: "a", buttons: ["a", "a"].map((title, id) => ({ id: `${id}`, title })) },
      "replies.0.buttons: each button needs a title of its own",
    ],
    [
      { type: "list", text: "a", button: "b", sections: [{ rows: ["a", "b"].map((title) => ({ id: "1", title })) }] },
      "replies.0.sections: each row needs an id of its own",
    ],
    [
      { type: "list", text: "a", button: "b", sections: ["1", "2"].map((id) => ({ rows: [{ id, title: "a" }] })) },
      "replies.0.sections: with more than one section each needs a title",
    ],
    [{ type: "cta_url", text: "a", title: "b", url: "secret" }, "replies.0.url: must be an http(s) address"],
    [{ type: "flow", text: "a", title: "b" }, "replies.0: exactly one of flowId and flowName is needed"],
    [
      { type: "flow", text: "a", title: "b", flowId: "1", data: { secret: 1 } },
      "replies.0: data needs the screen that gets it",
    ],
  ])("%j is refused", (reply, problem) => {
    const parsed = agentAnswer.safeParse({ replies: [reply] });
    const [first, ...more] = parsed.error === undefined ? [] : problemsOf(parsed.error);
    expect(first).toEqual(typeof problem === "string" ? problem : expect.stringMatching(problem));
    expect(more).toEqual([]);
    expect(first).not.toContain("secret");
  });

  test("may hold any content", () => {
    const replies = Object.values(examples).flatMap((of) => of.map(({ content }) => content));
    for (const reply of replies) expect(agentAnswer.parse({ replies: [reply] }).replies).toEqual([reply]);
  });
});

describe("in words", () => {
  test.each<[OutboundContent, string]>([
    [{ type: "text", text: "Hi" }, "Hi"],
    [{ type: "image", media: { link }, caption: "Our terrace" }, "Our terrace"],
    [{ type: "video", media: { link } }, "[video]"],
    [{ type: "audio", media: { link } }, "[audio]"],
    [{ type: "audio", media: { link }, voice: true }, "[voice message]"],
    [{ type: "document", media: { link }, filename: "menu.pdf", caption: "Menu" }, "[document: menu.pdf]\nMenu"],
    [{ type: "sticker", media: { link }, description: "a cat" }, "[sticker: a cat]"],
    [{ type: "reaction", messageId: "m", emoji: "👍" }, "👍"],
    [{ type: "reaction", messageId: "m", emoji: "" }, "[reaction removed]"],
    [
      {
        ...{ type: "buttons", text: "Sure?", header: { type: "image", media: { link } }, footer: "Luna" },
        buttons: [
          { id: "y", title: "Yes" },
          { id: "n", title: "No" },
        ],
      },
      "[image]\n\nSure?\n\n[Yes] [No]\n\nLuna",
    ],
    [
      {
        ...{ type: "list", text: "Menu", button: "Open" },
        sections: [{ rows: [{ id: "1", title: "Soup", description: "hot" }] }],
      },
      "Menu\n\n1. Soup – hot",
    ],
    [{ type: "cta_url", text: "Menu", title: "Open", url: "https://a.example" }, "Menu\n\n[Open] https://a.example"],
    [
      {
        ...{ type: "template", name: "hello", language: "en" },
        components: [{ type: "body", parameters: [{ type: "text", text: "Ana" }] }],
      },
      "[template hello]\nAna",
    ],
  ])("%j is %j", (content, words) => {
    expect(describeContent(content)).toBe(words);
  });

  test("every content is something", () => {
    for (const { content } of Object.values(examples).flat()) expect(describeContent(content)).toMatch(/\S/);
  });
});

test("the README's table has a row for every kind of content", () => {
  const readme = readFileSync(path.resolve(import.meta.dirname, "../../README.md"), "utf8");
  const named = outboundContent.options.map((option) => option.shape.type.value);
  expect(named.filter((type) => !readme.includes(`\n| \`${type}\``))).toEqual([]);
});

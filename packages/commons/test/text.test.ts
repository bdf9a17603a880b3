// Text on its way to WhatsApp: its format, and cutting what is too long.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitText } from "../src/text/split.ts";
import { toWhatsAppFormat } from "../src/text/whatsapp-format.ts";

describe("toWhatsAppFormat", () => {
  test.each([
    ["**bold** __bold__ *it* _it_ ~~gone~~", "*bold* *bold* _it_ _it_ ~gone~"],
    ["***both***", "*_both_*"],
    ["**bold *it***", "*bold _it_*"],
    ["*it **b** it*", "_it *b* it_"],
    ["**Note:** see _this_.", "*Note:* see _this_."],
    ["这是**重点**内容", "这是*重点*内容"],
    ["# Title", "*Title*"],
    ["### The **big** one ###", "*The big one*"],
    ["[menu](https://x.example/a_b_c)", "menu: https://x.example/a_b_c"],
    ["[https://x.example](https://x.example)", "https://x.example"],
    ["![photo](https://x.example/p.png)", "photo: https://x.example/p.png"],
    ["[write](mailto:a@x.example)", "write: a@x.example"],
    ["<https://x.example/_a_>", "https://x.example/_a_"],
    ["* one\n  + two\n- three\n1. four", "- one\n  - two\n- three\n1. four"],
    ["> quoted **b**", "> quoted *b*"],
    ["| Day | Open |\n|:--|--:|\n| Mon | **9-5** |", "*Day | Open*\nMon | *9-5*"],
    ["one\n\n---\n\ntwo", "one\n\ntwo"],
    ["```js\nconst **a** = `1`;\n```", "```\nconst **a** = `1`;\n```"],
    ["```\nnever closed **a**", "```\nnever closed **a**\n```"],
    ["`**code**` and ```**more**```", "`**code**` and ```**more**```"],
    ["one<br>two<br/>three", "one\ntwo\nthree"],
    [String.raw`5 \* 3`, "5 * 3"],
    ["\n\n text \n", " text"],
  ])("%j becomes %j", (markdown, expected) => expect(toWhatsAppFormat(markdown)).toBe(expected));

  test.each([
    "2 * 3 * 4 = 24, 5*3*2, 2**3",
    "snake_case_name and __dunder",
    "https://x.example/a_b_c?d=*e",
    "** not bold ** and ~~ not gone ~~",
    "**open",
    "a | b",
    "Ça coûte 5 € 😀\n\n- um\n- dois",
  ])("%j stays as it is", (text) => expect(toWhatsAppFormat(text)).toBe(text));

  test("never touches what is inside a block of code", () => {
    fc.assert(
      fc.property(
        fc.string().map((text) => text.replaceAll(/[`~\r]/g, "")),
        (code) => {
          expect(toWhatsAppFormat(`a\n\`\`\`\n${code}\n\`\`\`\nb`)).toBe(`a\n\`\`\`\n${code}\n\`\`\`\nb`);
        },
      ),
    );
  });

  test("takes anything, and keeps every letter and digit of plain text", () => {
    const marks = fc.constantFrom(
      "*",
      "**",
      "_",
      "__",
      "~~",
      "`",
      "```",
      "[",
      "](",
      ")",
      "|",
      "#",
      "\n",
      " ",
      "ä",
      "ö",
      "😀",
      "-",
    );
    fc.assert(
      fc.property(fc.array(marks, { maxLength: 60 }), (parts) => {
        const letters = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, "");
        expect(letters(toWhatsAppFormat(parts.join("")))).toBe(letters(parts.join("")));
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => typeof toWhatsAppFormat(text) === "string"));
  });

  test("does not take quadratic time on a hostile text", () => {
    for (const bait of ["*a _b **c ", "`", "[", "*_", "| - ", "\\", "~~", "<br", "![a](", "#", " \n"])
      toWhatsAppFormat(bait.repeat(20_000));
  }, 10_000);
});

describe("splitText", () => {
  test.each<[string, string, number, string[]]>([
    ["short text stays whole", "Hello", 10, ["Hello"]],
    ["white space around it goes", "  Hello \n", 10, ["Hello"]],
    ["paragraphs come first", "One two.\n\nThree four. Five", 20, ["One two.", "Three four. Five"]],
    ["then lines", "one two\nthree four five", 17, ["one two", "three four five"]],
    ["then sentences", "One two. Three four five", 16, ["One two.", "Three four five"]],
    ["sentences may end without a space", "一二三。四五六七八", 6, ["一二三。", "四五六七八"]],
    ["then words", "one two three four", 10, ["one two", "three four"]],
    ["then graphemes", "abcdefgh", 3, ["abc", "def", "gh"]],
    ["a part may be full to the brim", "abc def", 3, ["abc", "def"]],
    ["an emoji stays whole", "ab👍🏽cd", 5, ["ab", "👍🏽c", "d"]],
    ["a family stays whole", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 12, ["👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"]],
    ["a flag stays whole", "🇧🇷🇲🇽", 6, ["🇧🇷", "🇲🇽"]],
    ["only a grapheme over the limit is cut", "👩‍👩‍👧‍👦", 4, ["👩‍", "👩‍", "👧‍", "👦"]],
    ["nothing makes no part", " \n ", 10, []],
  ])("%s", (_, text, limit, expected) => expect(splitText(text, limit)).toEqual(expected));

  test.each([0, 1, -1, 2.5, Number.NaN])("refuses the limit %d", (limit) => {
    expect(() => splitText("a", limit)).toThrow(RangeError);
  });

  const graphemes = (text: string): string[] =>
    Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text), ({ segment }) => segment);
  const visible = (text: string): string[] => graphemes(text).filter((piece) => !/^\s+$/.test(piece));
  const prose = fc
    .array(
      fc.oneof(
        fc.lorem(),
        fc.constantFrom("\n", "\n\n", ". ", " ", "👩‍👩‍👧‍👦", "👍🏽", "é", "ि", "\r\n", "。", "🇧🇷"),
        fc.string({ unit: "binary" }),
      ),
    )
    .map((parts) => parts.join(""));

  test("loses nothing but white space at the cuts, keeps to the limit, makes no empty part", () => {
    fc.assert(
      fc.property(prose, fc.integer({ min: 40, max: 200 }), (text, limit) => {
        const parts = splitText(text, limit);
        expect(parts.flatMap(visible)).toEqual(visible(text));
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(limit);
          expect(part.trim()).not.toBe("");
        }
      }),
      { numRuns: 500 },
    );
  });

  test("never breaks a surrogate pair, however small the limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 2, max: 5 }), (text, limit) => {
        const parts = splitText(text, limit);
        expect(parts.join("").replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
        for (const part of parts) expect(part.isWellFormed()).toBe(true);
      }),
    );
  });

  test("cuts a long text in a moment", () => {
    expect(splitText("word ".repeat(100_000)).length).toBeGreaterThan(100);
    expect(splitText("x".repeat(400_000))).toHaveLength(98);
  }, 10_000);
});

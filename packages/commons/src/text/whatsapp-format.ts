// Markdown, as language models write it, in WhatsApp's own format: *bold*, _italic_, ~struck~, `code`, lists, quotes.
// https://faq.whatsapp.com/539178204879377

/** A line that opens a block of code; a block that opens and closes on one line is a passage of that line. */
const FENCE_OPENS = /^\s*(```|~~~)(?!.*\1)\s*(.*?)\s*$/;
const FENCE_CLOSES = /^\s*(```|~~~)\s*$/;
const LANGUAGE = /^[\w+#.-]*$/;
const HEADING = /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const BULLET = /^(\s*)[*+]\s+/;
const TABLE_ROW = /^\s*\|.*\|\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/**
 * Rewrites Markdown for WhatsApp. Text without Markdown comes back unchanged; code is never touched.
 * @param markdown - a model's answer
 * @returns the text to send, without blank lines at its ends
 */
export function toWhatsAppFormat(markdown: string): string {
  const lines = markdown.replaceAll("\r\n", "\n").split("\n");
  const written: string[] = [];
  let fence: string | undefined;
  for (const [index, line] of lines.entries()) {
    if (fence !== undefined) {
      const isEnd = FENCE_CLOSES.exec(line)?.[1] === fence;
      written.push(isEnd ? "```" : line);
      if (isEnd) fence = undefined;
      continue;
    }
    const [, mark, rest = ""] = FENCE_OPENS.exec(line) ?? [];
    if (mark !== undefined) {
      fence = mark;
      // WhatsApp would show the name of the language as a line of the code.
      written.push("```", ...(LANGUAGE.test(rest) ? [] : [rest]));
    } else if (isTableRule(lines, index)) continue;
    else if (RULE.test(line)) {
      if (written.at(-1)?.trim() === "") written.pop();
    } else written.push(formatLine(line, isTableRule(lines, index + 1)));
  }
  if (fence !== undefined) written.push("```");
  return written
    .join("\n")
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd();
}

/** A rule between the head of a table and its body: `|---|---|` under a row. */
function isTableRule(lines: readonly string[], index: number): boolean {
  const line = lines[index] ?? "";
  return line.includes("|") && TABLE_RULE.test(line) && (lines[index - 1] ?? "").includes("|");
}

function formatLine(line: string, isTableHead: boolean): string {
  const heading = HEADING.exec(line)?.[1];
  if (heading !== undefined) return bold(formatInline(heading));
  if (TABLE_ROW.test(line) || isTableHead) {
    const cells = line
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|");
    const row = cells.map((cell) => formatInline(cell.trim())).join(" | ");
    return isTableHead ? bold(row) : row;
  }
  const bullet = BULLET.exec(line);
  if (bullet !== null) return `${bullet[1]}- ${formatInline(line.slice(bullet[0].length))}`;
  return formatInline(line);
}

/** A whole line in bold; bold inside of it would end it too early. */
function bold(line: string): string {
  const inside = line.replaceAll("*", "").trim();
  return inside === "" ? "" : `*${inside}*`;
}

/** The marks of Markdown, longest first, and what each becomes. */
const emphases: readonly {
  readonly mark: string;
  readonly opens: string;
  readonly closes: string;
  readonly isWordMark: boolean;
}[] = [
  { mark: "***", opens: "*_", closes: "_*", isWordMark: false },
  { mark: "___", opens: "*_", closes: "_*", isWordMark: true },
  { mark: "**", opens: "*", closes: "*", isWordMark: false },
  { mark: "__", opens: "*", closes: "*", isWordMark: true },
  { mark: "~~", opens: "~", closes: "~", isWordMark: false },
  { mark: "*", opens: "_", closes: "_", isWordMark: true },
  { mark: "_", opens: "_", closes: "_", isWordMark: true },
];

/** Longer passages are left as they are: nobody means them, and looking further would take quadratic time. */
const LONGEST_EMPHASIS = 1000;

/** Passages inside a line that are taken as a whole, tried at every place in this order. */
const passages: readonly { readonly pattern: RegExp; readonly write: (match: RegExpExecArray) => string }[] = [
  { pattern: /\\([\\`*_{}[\]()#+\-.!~|>])/y, write: (match) => match[1] ?? "" },
  { pattern: /(`{1,8})(?!`).{1,2000}?(?<!`)\1(?!`)/y, write: (match) => match[0] },
  { pattern: /<br\s{0,3}\/?>/iy, write: () => "\n" },
  { pattern: /<(https?:\/\/[^\s<>]{1,2000})>/y, write: (match) => match[1] ?? "" },
  {
    pattern:
      /!?\[([^[\]]{0,500})\]\(<?([^\s()<>]{1,2000}(?:\([^\s()]{0,500}\)[^\s()<>]{0,2000})?)>?(?:\s+"[^"]{0,500}")?\)/y,
    write: writeLink,
  },
  // A bare address may hold underscores and asterisks.
  { pattern: /https?:\/\/[^\s<>)\]*]{1,2000}/y, write: (match) => match[0] },
];

function writeLink(match: RegExpExecArray): string {
  const [, label = "", address = ""] = match;
  const text = formatInline(label).trim();
  const target = address.replace(/^(mailto|tel):/, "");
  return text === "" || text === address || text === target ? target : `${text}: ${target}`;
}

function formatInline(text: string): string {
  let written = "";
  let at = 0;
  while (at < text.length) {
    const step = takePassage(text, at) ?? takeEmphasis(text, at);
    written += step?.written ?? text[at];
    at = step?.end ?? at + 1;
  }
  return written;
}

interface Step {
  readonly written: string;
  readonly end: number;
}

function takePassage(text: string, at: number): Step | undefined {
  for (const { pattern, write } of passages) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { written: write(match), end: at + match[0].length };
  }
  return undefined;
}

function takeEmphasis(text: string, at: number): Step | undefined {
  for (const { mark, opens, closes, isWordMark } of emphases) {
    if (!text.startsWith(mark, at)) continue;
    const start = at + mark.length;
    if (isWordMark && isWordCharacter(text[at - 1])) continue;
    const end = closingMark(text, start, { mark, isWordMark });
    if (end === undefined) continue;
    const inside = formatInline(text.slice(start, end));
    return { written: `${opens}${inside}${closes}`, end: end + mark.length };
  }
  // Marks that close nothing stay as they are, all of them: `**` must not become two empty emphases.
  const run = /[*_~]+/y;
  run.lastIndex = at;
  const marks = run.exec(text)?.[0];
  return marks === undefined ? undefined : { written: marks, end: at + marks.length };
}

/** Where the mark closes: behind a character that is no space, not within a longer run, not inside a word for `_`. */
function closingMark(
  text: string,
  start: number,
  { mark, isWordMark }: { mark: string; isWordMark: boolean },
): number | undefined {
  const sign = mark.charAt(0);
  if (start >= text.length || /\s/.test(text.charAt(start)) || text[start] === sign) return undefined;
  const last = start + LONGEST_EMPHASIS;
  for (let found = text.indexOf(mark, start + 1); found !== -1 && found < last; found = text.indexOf(mark, found + 1)) {
    if (text[found - 1] === sign) continue;
    let run = mark.length;
    while (text[found + run] === sign) run++;
    // Three signs close two emphases: the inner one's come first.
    const end = run === 3 ? found + 3 - mark.length : found;
    if (run !== mark.length && run !== 3) continue;
    if (/[\s\\]/.test(text.charAt(found - 1)) || (isWordMark && isWordCharacter(text[found + run]))) continue;
    return end;
  }
  return undefined;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}

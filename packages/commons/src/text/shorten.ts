// Cuts the short words on buttons and rows, and says what was lost by it.
import { graphemes } from "./split.ts";

/**
 * Cuts a title; the cut shows as an ellipsis.
 * @param limit - most UTF-16 code units
 */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let short = "";
  for (const piece of graphemes(text)) {
    if (short.length + piece.length + 1 > limit) break;
    short += piece;
  }
  return limit < 1 ? "" : `${short.trimEnd()}…`;
}

/**
 * Cuts titles that stand beside each other; those that would look alike are numbered.
 * @returns as many titles, in the same order
 */
export function shortenAll(titles: readonly string[], limit: number): string[] {
  const short = titles.map((title) => shorten(title, limit));
  const lookAlike = new Set(short).size < new Set(titles).size;
  return lookAlike ? titles.map((title, index) => shorten(`${index + 1}. ${title}`, limit)) : short;
}

/** Whether a shortened title still says everything: a number before it takes nothing away. */
export function saysAll(short: string, title: string): boolean {
  return short.endsWith(title);
}

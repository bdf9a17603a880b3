// Reading text without a language model: words, stems and phrases. Everything here is pure.

/** Lower case, without accents and apostrophes, so that "Olá", "ola" and "OLA" are one word. */
export function normalise(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replace(/['’`´]/g, "");
}

/** The words and numbers of a text, normalised. */
export function words(text: string): string[] {
  return normalise(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * The stem of an English word, roughly as Postgres' `english` dictionary sees it: both sides of a comparison go
 * through this function, so it needs to be steady rather than right.
 * @param word - one normalised word
 */
export function stem(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  let stemmed = word
    .replace(/ies$/, "y")
    .replace(/(sh|ch|x|ss|z)es$/, "$1")
    .replace(/([^sui])s$/, "$1");
  for (const suffix of [/ations?$/, /ing$/, /ment$/, /ed$/, /ly$/])
    if (suffix.test(stemmed) && stemmed.replace(suffix, "").length >= 3) {
      stemmed = stemmed.replace(suffix, "").replace(/([bdgmnprt])\1$/, "$1");
      break;
    }
  return stemmed.length > 3 ? stemmed.replace(/[ey]$/, "") : stemmed;
}

/** Where a phrase stands in a list of words. */
export interface PhraseMatch {
  readonly start: number;
  readonly length: number;
  readonly phrase: string;
}

/**
 * Finds the longest of several phrases, the earliest of equals.
 * @param tokens - normalised words
 * @param phrases - normalised phrases, words separated by one space
 * @param options - `atStart`: only at the first word
 */
export function findPhrase(
  tokens: readonly string[],
  phrases: readonly string[],
  options: { readonly atStart?: boolean } = {},
): PhraseMatch | undefined {
  let best: PhraseMatch | undefined;
  for (const phrase of phrases) {
    const parts = phrase.split(" ");
    const last = options.atStart === true ? 0 : tokens.length - parts.length;
    for (let start = 0; start <= last; start++)
      if (parts.every((part, offset) => tokens[start + offset] === part)) {
        if (best === undefined || parts.length > best.length) best = { start, length: parts.length, phrase };
        break;
      }
  }
  return best;
}

/** The tokens without those of a match. */
export function without(tokens: readonly string[], match: PhraseMatch): string[] {
  return [...tokens.slice(0, match.start), ...tokens.slice(match.start + match.length)];
}

/** Fills `{name}` places of a sentence; a place without a value becomes empty. */
export function fill(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_place, name: string) => values[name] ?? "");
}

/** Cuts a text at a length, at a space where there is one near, and marks the cut. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length - 1);
  const space = cut.lastIndexOf(" ");
  return `${(space > length * 0.6 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

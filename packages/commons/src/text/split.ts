// Cuts a long text into messages where a reader would: between paragraphs, else lines, else sentences, else words.

/** Pieces that a reader sees as one character: an emoji of several code points, a letter with its accents. */
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The graphemes of a text. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

const BLANK = /^\s+$/;
const LINE_END = /^(\r\n|[\n\r\u2028\u2029])$/;
const SENTENCE_END = /^[.!?…]/;
/** Sentences of these end without a space. */
const WIDE_SENTENCE_END = /^[。！？｡]/;

/**
 * Cuts a text into parts. Only white space at the cuts is lost; a grapheme is cut only when it alone is over the limit.
 * @param limit - most UTF-16 code units (`string.length`) of a part, at least 2. Meta speaks of 4096 "characters" without
 *   saying which; code units are never fewer than code points or graphemes, so a part within the limit is always taken
 * @returns the parts, none of them empty; no parts for a text that is only white space
 * @throws RangeError when the limit is no integer from 2 on
 */
export function splitText(text: string, limit = 4096): string[] {
  if (!Number.isInteger(limit) || limit < 2) throw new RangeError(`limit must be an integer from 2 on, got ${limit}`);
  const pieces = graphemes(text).flatMap((piece) => (piece.length <= limit ? [piece] : codePointChunks(piece, limit)));
  const parts: string[] = [];
  let start = skipBlank(pieces, 0);
  while (start < pieces.length) {
    const end = nextCut(pieces, start, limit);
    parts.push(pieces.slice(start, trimmedEnd(pieces, start, end)).join(""));
    start = skipBlank(pieces, end);
  }
  return parts;
}

/** Where the part that begins at `start` ends (exclusive). */
function nextCut(pieces: readonly string[], start: number, limit: number): number {
  let end = start;
  for (let length = 0; end < pieces.length; end++) {
    length += pieces[end]?.length ?? 0;
    if (length > limit) break;
  }
  // White space that no longer fits is dropped at the cut anyway.
  end = skipBlank(pieces, end);
  if (end === pieces.length) return end;
  // A cut in the first third would leave a crumb; a finer cut further on reads better.
  const earliest = start + Math.ceil((end - start) / 3);
  return (
    lastCut(pieces, earliest, { end, isCut: isAfterParagraph }) ??
    lastCut(pieces, earliest, { end, isCut: isAfterLine }) ??
    lastCut(pieces, earliest, { end, isCut: isAfterSentence }) ??
    lastCut(pieces, start + 1, { end, isCut: (all, at) => isBlank(all[at - 1]) }) ??
    end
  );
}

/** The last place from `earliest` to `end` where `isCut` holds; a place is the index of the piece behind it. */
function lastCut(
  pieces: readonly string[],
  earliest: number,
  { end, isCut }: { end: number; isCut: (pieces: readonly string[], at: number) => boolean },
): number | undefined {
  for (let at = end; at >= earliest; at--) if (isCut(pieces, at)) return at;
  return undefined;
}

function isAfterParagraph(pieces: readonly string[], at: number): boolean {
  return isAfterLine(pieces, at) && isAfterLine(pieces, at - 1);
}

function isAfterLine(pieces: readonly string[], at: number): boolean {
  return LINE_END.test(pieces[at - 1] ?? "");
}

function isAfterSentence(pieces: readonly string[], at: number): boolean {
  const last = pieces[at - 1] ?? "";
  return WIDE_SENTENCE_END.test(last) || (isBlank(last) && SENTENCE_END.test(pieces[at - 2] ?? ""));
}

function isBlank(piece: string | undefined): boolean {
  return piece !== undefined && BLANK.test(piece);
}

function skipBlank(pieces: readonly string[], from: number): number {
  let at = from;
  while (isBlank(pieces[at])) at++;
  return at;
}

function trimmedEnd(pieces: readonly string[], start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(pieces[at - 1])) at--;
  return at;
}

/** Cuts one oversized grapheme between code points, so that at least no surrogate pair breaks. */
function codePointChunks(piece: string, limit: number): string[] {
  const chunks: string[] = [""];
  for (const point of piece) {
    const last = chunks[chunks.length - 1] ?? "";
    if (last.length + point.length <= limit) chunks[chunks.length - 1] = last + point;
    else chunks.push(point);
  }
  return chunks;
}

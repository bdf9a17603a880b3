// Finds, in a few articles, the passage that answers a question, and says how sure it is. The database has found the
// articles by full-text search; which paragraph, which line of a list, and whether it answers at all, is decided here.

import type { Article } from "../knowledge.ts";
import { fallback } from "./languages/index.ts";
import type { Language } from "./languages/language.ts";
import { findPhrase, stem, words } from "./text.ts";

/** One thing that is asked for: stems that would show it, with their weight from 0 to 1. */
interface Term {
  readonly stems: ReadonlyMap<string, number>;
  /** Says little by itself (when, where, today): counts only when nothing else is asked. */
  readonly vague: boolean;
}

/** A question as it is looked up. */
export interface Query {
  readonly terms: readonly Term[];
  /** The words for the database's full-text search. */
  readonly search: string;
}

/** How far a passage covers a question. */
export type Confidence = "sure" | "unsure" | "none";

/** The best passage for a question. */
export interface Finding {
  readonly confidence: Confidence;
  readonly article: Article;
  /** Markdown; a part of the article's body, never anything else. */
  readonly text: string;
  readonly score: number;
  /** How much of the article's title the question names: 1 in its own words, less by a synonym, 0 not at all. */
  readonly titleHit: number;
}

/** Weight of an English synonym against the customer's own word; a translation counts in full. */
const SYNONYM_WEIGHT = 0.6;
/** Weight of a word in the title against one in the passage. */
const TITLE_WEIGHT = 1.5;
/** Most words of one question that are looked up. */
const MOST_TERMS = 24;
/** Characters of the beginning of an article that answer a question about the topic itself. */
const OPENING_LENGTH = 450;

/**
 * Turns the words of a question into a query.
 * @param tokens - normalised words
 * @param language - language of the burst; its glossary translates into the knowledge base's English
 * @returns a query; without terms when the words say nothing about a topic
 */
export function queryOf(tokens: readonly string[], language: Language): Query {
  const terms: Term[] = [];
  const search: string[] = [];
  const near = language === fallback ? [fallback] : [language, fallback];
  const rest = [...tokens];
  const add = (own: string | undefined, vague: boolean, expansions: ReadonlyMap<string, number>) => {
    const stems = new Map(expansions);
    if (own !== undefined) stems.set(stem(own), 1);
    if (stems.size > 0 && terms.length < MOST_TERMS) terms.push({ stems, vague });
  };
  for (const known of near)
    for (const phrase of Object.keys(known.glossary).filter((key) => key.includes(" "))) {
      const match = findPhrase(rest, [phrase]);
      if (match === undefined) continue;
      rest.splice(match.start, match.length);
      const meant = meaning(phrase, known);
      search.push(...meant);
      add(undefined, true, new Map(meant.map((word) => [stem(word), weightIn(known)])));
    }
  for (const token of new Set(rest)) {
    const empty = near.some(({ stopWords }) => stopWords.includes(token)) || token.length < 2 || /^\d+$/.test(token);
    const meant = near.flatMap((known) => meaning(token, known).map((word) => [word, weightIn(known)] as const));
    if (!empty) search.push(token);
    search.push(...meant.map(([word]) => word));
    add(empty ? undefined : token, empty, new Map(meant.map(([word, weight]) => [stem(word), weight])));
  }
  return { terms, search: [...new Set(search)].join(" ") };
}

/** Both queries in one: a follow-up and what it leans on. */
export function combine(earlier: Query, later: Query): Query {
  return { terms: [...earlier.terms, ...later.terms], search: `${earlier.search} ${later.search}` };
}

/**
 * The best passage of some articles.
 * @param query - what is asked
 * @param articles - the candidates, best first
 * @param mustMatch - when given, a passage counts only if it matches a term of this query
 * @returns the passage and how sure it is; undefined when there is no article
 */
export function bestPassage(query: Query, articles: readonly Article[], mustMatch?: Query): Finding | undefined {
  const candidates = articles.flatMap((article) => {
    const title = stemsOf(article.title);
    return paragraphs(article.body).map((text) => ({ article, title, text, stems: stemsOf(text) }));
  });
  const rarity = query.terms.map((term) => {
    const shown = candidates.filter(({ stems, title }) => match(term, stems) > 0 || match(term, title) > 0).length;
    return Math.log(1 + candidates.length / (1 + shown));
  });
  let best: (Finding & { readonly stems: ReadonlySet<string> }) | undefined;
  for (const { article, title, text, stems } of candidates) {
    if (mustMatch !== undefined && !mustMatch.terms.some((term) => match(term, stems) > 0)) continue;
    const score = query.terms.reduce(
      (sum, term, index) =>
        sum + (match(term, stems) + TITLE_WEIGHT * match(term, title)) * (rarity[index] ?? 1) * (term.vague ? 0.5 : 1),
      0,
    );
    // Of equals the shorter passage, whatever order the database gave; within an article the earlier one.
    const shorter = score === best?.score && article.id !== best.article.id && text.length < best.text.length;
    if (score <= (best?.score ?? 0) && !shorter) continue;
    const { coverage, titleHit } = cover(query, stems, title);
    best = { article, text, score, titleHit, confidence: confidenceOf(coverage, titleHit), stems };
  }
  return best === undefined ? undefined : { ...best, text: extract(query, best) };
}

function cover(query: Query, stems: ReadonlySet<string>, title: ReadonlySet<string>) {
  const counted = tellingTerms(query);
  const covered = counted.reduce((sum, term) => sum + Math.max(match(term, stems), match(term, title)), 0);
  return { coverage: covered / counted.length, titleHit: Math.max(...counted.map((term) => match(term, title))) };
}

// Found by trying the conversations of test/conversations.test.ts: more than half of what is asked must be there, less
// when the article is about it.
function confidenceOf(coverage: number, titleHit: number): Confidence {
  if (coverage > 0.5 || (titleHit === 1 && coverage >= 0.32)) return "sure";
  return coverage >= 0.34 || (titleHit > 0 && coverage >= 0.2) ? "unsure" : "none";
}

/** What of the article is shown: a beginning for the topic itself, else the paragraphs (or lines) that matched. */
function extract(query: Query, { article, text }: { readonly article: Article; readonly text: string }): string {
  const title = stemsOf(article.title);
  const all = paragraphs(article.body);
  const telling = tellingTerms(query);
  const wanted = telling.filter(
    (term) => match(term, title) < 1 && all.some((one) => match(term, stemsOf(one)) > match(term, title)),
  );
  if (wanted.length === 0) {
    const unnamed = [...title].some((one) => one.length > 3 && !query.terms.some(({ stems }) => stems.has(one)));
    return opening(unnamed ? all.slice(all.indexOf(text)) : all);
  }
  const missing = wanted.filter((term) => match(term, stemsOf(text)) === 0);
  const second = all.find((one) => one !== text && missing.some((term) => match(term, stemsOf(one)) > 0));
  const shown = all.filter((one) => one === text || one === second);
  return shown.map((one) => narrow(one, wanted)).join("\n\n");
}

/** The terms that say something; the vague ones when there are no others. */
function tellingTerms({ terms }: Query): readonly Term[] {
  const telling = terms.filter(({ vague }) => !vague);
  return telling.length > 0 ? telling : terms;
}

function opening(all: readonly string[]): string {
  let shown = all[0] ?? "";
  for (const paragraph of all.slice(1)) {
    if (shown.length + paragraph.length > OPENING_LENGTH) break;
    shown += `\n\n${paragraph}`;
  }
  return shown;
}

/** Of a list, the lines that were asked for. */
function narrow(paragraph: string, wanted: readonly Term[]): string {
  const lines = paragraph.split("\n").filter((line) => /^\s*[-*•] /.test(line));
  const found = lines.map((line) => ({ line, hits: wanted.filter((term) => match(term, stemsOf(line)) > 0).length }));
  const most = Math.max(0, ...found.map(({ hits }) => hits));
  const kept = found.filter(({ hits }) => hits > 0 && hits === most).map(({ line }) => line);
  if (kept.length === 0 || kept.length === lines.length) return paragraph;
  return kept.length === 1 ? (kept[0]?.replace(/^\s*[-*•] /, "") ?? "") : kept.join("\n");
}

/** The paragraphs of a body, which stand between blank lines; a list belongs to the line with a colon before it. */
export function paragraphs(body: string): string[] {
  return body
    .replaceAll("\r\n", "\n")
    .replace(/:\n\s*\n(?=\s*[-*•] )/g, ":\n")
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== "");
}

function match(term: Term, stems: ReadonlySet<string>): number {
  let most = 0;
  for (const [one, weight] of term.stems) if (weight > most && stems.has(one)) most = weight;
  return most;
}

function stemsOf(text: string): ReadonlySet<string> {
  return new Set(words(text).map(stem));
}

/** The English words for a word or phrase of a language. */
function meaning(phrase: string, { glossary }: Language): string[] {
  return Object.hasOwn(glossary, phrase) ? words(glossary[phrase] ?? "") : [];
}

function weightIn(language: Language): number {
  return language === fallback ? SYNONYM_WEIGHT : 1;
}

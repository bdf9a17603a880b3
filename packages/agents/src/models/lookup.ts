// Answers the questions of a burst one by one from the knowledge base: leans on the question before where one does,
// and takes two questions in one sentence apart.

import type { Article } from "../knowledge.ts";
import type { Segment } from "./burst.ts";
import { fallback } from "./languages/index.ts";
import type { Language } from "./languages/language.ts";
import type { Finding, Query } from "./passages.ts";
import { bestPassage, combine, queryOf } from "./passages.ts";

/** Finds articles; the database's full-text search, best first. */
export type Search = (query: string) => Promise<readonly Article[]>;

/** A question and what was found for it. */
export interface Answered {
  readonly segment: Segment;
  /** Nothing when there is no passage that would be worth showing. */
  readonly findings: readonly Finding[];
}

/**
 * Looks up every question of a burst.
 * @param segments - the questions, in order
 * @param search - the knowledge base
 * @param options - `language` of the burst; `earlier`: the customer's last question before this burst
 */
export async function lookUpAll(
  segments: readonly Segment[],
  search: Search,
  options: { readonly language: Language; readonly earlier: Query | undefined },
): Promise<Answered[]> {
  const answered: Answered[] = [];
  let earlier = options.earlier;
  for (const segment of segments) {
    const query = queryOf(segment.tokens, options.language);
    if (query.terms.length === 0 && !(segment.followUp && earlier !== undefined)) {
      if (segment.asks && segments.length === 1) answered.push({ segment, findings: [] });
      continue;
    }
    const parts = await lookUpParts(segment, search, options.language);
    const finding = parts === undefined ? await lookUp({ segment, query, earlier, search }) : undefined;
    answered.push({ segment, findings: parts ?? (finding === undefined ? [] : [finding]) });
    if (query.terms.length > 0) earlier = segment.followUp && earlier !== undefined ? combine(earlier, query) : query;
  }
  return answered;
}

/** Everything that the article says which a query finds: the answer to "tell me more". */
export async function lookUpMore(earlier: Query, search: Search): Promise<Finding | undefined> {
  const finding = bestPassage(earlier, await search(earlier.search));
  return finding === undefined || finding.confidence === "none"
    ? undefined
    : { ...finding, text: finding.article.body };
}

interface Question {
  readonly segment: Segment;
  readonly query: Query;
  readonly earlier: Query | undefined;
  readonly search: Search;
}

async function lookUp({ segment, query, earlier, search }: Question): Promise<Finding | undefined> {
  const alone = query.terms.length === 0 ? undefined : bestPassage(query, await search(query.search));
  const vague = query.terms.every((term) => term.vague);
  const needsContext = segment.followUp ? (alone?.titleHit ?? 0) === 0 : vague || alone?.confidence !== "sure";
  if (earlier !== undefined && needsContext) {
    const both = combine(earlier, query);
    const about = query.terms.length === 0 ? undefined : query;
    const together = bestPassage(both, await search(both.search), about);
    if (together !== undefined && together.confidence !== "none" && (about === undefined || leansOn(together, earlier)))
      return together;
  }
  return alone === undefined || alone.confidence === "none" ? undefined : alone;
}

/** The passage belongs to what was talked about before, not only to the few words of the follow-up. */
function leansOn(finding: Finding, earlier: Query): boolean {
  const before = bestPassage(earlier, [finding.article]);
  return before !== undefined && before.confidence !== "none";
}

/** "parking and vegan food": two findings when each half is sure of an article of its own. */
async function lookUpParts(segment: Segment, search: Search, language: Language): Promise<Finding[] | undefined> {
  const joins = new Set([...language.joins, ...fallback.joins]);
  const halves: string[][] = [[]];
  for (const [index, token] of segment.tokens.entries()) {
    if (joins.has(token) && index > 0) halves.push([]);
    else halves.at(-1)?.push(token);
  }
  const queries = halves.map((tokens) => queryOf(tokens, language)).filter(({ terms }) => terms.length > 0);
  if (queries.length < 2 || queries.length > 4) return undefined;
  const findings: Finding[] = [];
  for (const query of queries) {
    const finding = bestPassage(query, await search(query.search));
    if (finding?.confidence !== "sure") return undefined;
    findings.push(finding);
  }
  const articles = new Set(findings.map(({ article }) => article.id));
  return articles.size === findings.length ? findings : undefined;
}

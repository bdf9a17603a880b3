// The tenant's knowledge base, as the agents see it.

import type { Database } from "@switchboard/commons/db/database.ts";
import { searchKnowledge } from "@switchboard/commons/db/tenancy.ts";
import { AgentError } from "@switchboard/commons/errors.ts";

/** One article that a search found. */
export interface Article {
  readonly id: string;
  readonly title: string;
  /** Markdown, short paragraphs. */
  readonly body: string;
  /** How well the article fits; comparable within one search only. */
  readonly rank: number;
}

/** Where and what to search. */
export interface KnowledgeQuery {
  readonly shard: number;
  readonly tenantId: string;
  /** Words; any of them may be in the article. */
  readonly query: string;
  /** Most articles that are returned. */
  readonly limit: number;
}

/** Searches one tenant's knowledge base, best article first. */
export type SearchKnowledge = (query: KnowledgeQuery) => Promise<readonly Article[]>;

/**
 * A knowledge search over Postgres.
 * @param db - connections
 * @returns a search that throws AgentError `knowledge_unavailable` when Postgres does not answer: a knowledge base that
 *   cannot be reached is not an empty one
 */
export function knowledgeOf(db: Database): SearchKnowledge {
  return async ({ shard, tenantId, query, limit }) => {
    if (query.trim() === "") return [];
    try {
      return await searchKnowledge(db, shard, tenantId, { query, limit });
    } catch (cause) {
      throw new AgentError("The knowledge base cannot be searched now; try the turn again.", {
        code: "knowledge_unavailable",
        cause,
      });
    }
  };
}

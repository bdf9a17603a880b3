// What the tests of this package share: the demo articles behind a small stand-in for full-text search, and turns.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { AgentTurn } from "@switchboard/commons/agent-contract.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import type { OutboundContent } from "@switchboard/commons/outbound.ts";
import type { AgentContext } from "../src/define-agent.ts";
import type { Article, SearchKnowledge } from "../src/knowledge.ts";
import { stem, words } from "../src/models/text.ts";

const folder = path.resolve(import.meta.dirname, "../demo");

/** The demo articles. */
export const demoArticles: readonly Article[] = readdirSync(folder)
  .sort()
  .map((file, index) => {
    const [title = "", ...body] = readFileSync(path.join(folder, file), "utf8").split("\n");
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
    return { id, title: title.replace(/^# /, ""), body: body.join("\n").trim(), rank: 0 };
  });

/** Any-word search, ranked by how often the words occur, as Postgres does with OR-ed lexemes and ts_rank. */
export const demoSearch: SearchKnowledge = async ({ query, limit }) => {
  const wanted = new Set(words(query).map(stem));
  return demoArticles
    .map((article) => {
      const found = words(`${article.title} ${article.title} ${article.body}`)
        .map(stem)
        .filter((word) => wanted.has(word));
      const rank = [...new Set(found)].reduce(
        (sum, word) => sum + 1 - 0.5 ** found.filter((one) => one === word).length,
        0,
      );
      return { ...article, rank };
    })
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, limit);
};

/** What a test says about one message: its text, or more. */
export type Said = string | Partial<AgentTurn["messages"][number]>;

/** A turn of the demo tenant's agent. */
export function turnOf(said: readonly Said[], changes: Partial<AgentTurn> = {}): AgentTurn {
  return {
    turnId: "turn-1",
    correlationId: "correlation-1",
    agent: "concierge",
    shard: 0,
    tenant: { id: "00000000-0000-4000-8000-0000000000aa", slug: "demo", name: "Luna Bistro" },
    conversation: { id: "conversation-1", personRequested: false },
    contact: { name: "Maria Silva" },
    session: { id: "session-1", isNew: true },
    memory: [],
    messages: said.map((one, index) => ({
      id: `message-${index}`,
      type: "text",
      text: "",
      at: "2026-11-20T10:00:00Z",
      ...(typeof one === "string" ? { text: one } : one),
    })),
    ...changes,
  };
}

/** Earlier messages, the customer first, then in turns. */
export function memoryOf(...texts: readonly string[]): AgentTurn["memory"] {
  return texts.map((text, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    text,
    at: "2026-11-20T09:59:00Z",
  }));
}

/** What an agent's own code gets in tests. */
export function contextOf(search: SearchKnowledge = demoSearch): AgentContext {
  return {
    searchKnowledge: (query, limit) => search({ shard: 0, tenantId: "t", query, limit }),
    signal: new AbortController().signal,
    log: createLogger("test", "silent"),
  };
}

/** The text of a reply; empty when there is none. */
export function textOf(reply: OutboundContent | undefined): string {
  return reply !== undefined && "text" in reply ? reply.text : "";
}

// Every query of monitoring/webhook-health-checks.sql finds what it is for, and neither these nor the health views read a
// table that grows from end to end. In a database of its own with 60 days of history (history.sql) and one finding for
// each (findings.sql); the clock stands at 12:30.
import { readFileSync } from "node:fs";
import path from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { createScratchDatabase, type ScratchDatabase } from "../support/scratch-database.ts";
import { readChecks } from "./support.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
/** Tables whose rows stay when their work is done. */
const HISTORY = [
  "ai_conversation_memory",
  "conversations",
  "messages",
  "outbound_attempt",
  "outbound_message",
  "processed_messages",
];
const HISTORY_TABLES = new Set([...HISTORY, "turns", "webhook_events", "workflow_states"]);
const VIEWS = ["message_queue_health", "workflow_health", "ai_agent_usage"];

const checks = readChecks();
let database: ScratchDatabase;
let client: pg.Client;

/** Rows of a check, as text and numbers. */
async function rows(name: string): Promise<Record<string, unknown>[]> {
  const { rows: found } = await client.query(checks.get(name) ?? "");
  return found.map((row: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value,
      ]),
    ),
  );
}

/** A row of that shape among the rows of a check. */
async function expectRow(name: string, row: Record<string, unknown>): Promise<void> {
  expect(await rows(name)).toContainEqual(expect.objectContaining(row));
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Tables of the history that a query would read from end to end; a partition is one if it is longer than a range of its index. */
async function scanned(sql: string): Promise<string[]> {
  const { rows: days } = await client.query<{ relname: string; relpages: number }>(
    "select relname, relpages from pg_class where relispartition and relkind = 'r'",
  );
  const pages = new Map(days.map(({ relname, relpages }) => [relname, relpages]));
  const { rows: found } = await client.query(`explain (format json) ${sql}`);
  const walk = (node: PlanNode): string[] => {
    const name = node["Relation Name"] ?? "";
    const table = (pages.get(name) ?? 0) > 32 ? name.replace(/_(\d{8}|default)$/, "") : name;
    const here = node["Node Type"] === "Seq Scan" && HISTORY_TABLES.has(table) ? [table] : [];
    return [...here, ...(node.Plans ?? []).flatMap(walk)];
  };
  return walk(found[0]["QUERY PLAN"][0].Plan);
}

describeWithPostgres("the health checks", () => {
  beforeAll(async () => {
    database = await createScratchDatabase("health");
    client = await database.connect();
    await client.query(
      "set app.fake_now = '2031-03-01 12:30:00Z'; set history.turns = '30000'; set history.conversations = '2000'",
    );
    for (const file of ["history.sql", "findings.sql"])
      await client.query(readFileSync(path.join(import.meta.dirname, file), "utf8"));
    await client.query("vacuum analyze");
    await client.query("set role service_role");
  });

  afterAll(async () => {
    await database?.drop();
  });

  test("there are 14, each with a name, what it shows, what is healthy and what to do", () => {
    expect([...checks.keys()]).toHaveLength(14);
    for (const [name, sql] of checks) {
      expect(name).toMatch(/^[a-z_]+$/);
      expect(sql).toMatch(/^-- Shows: .*\n-- Healthy: .*\n-- When not: .*;\s*$/s);
    }
  });

  test("stuck_workflows", async () => {
    expect(await rows("stuck_workflows")).toEqual([
      expect.objectContaining({
        kind: "workflow",
        name: "checkout",
        step: "pay",
        why: "nobody timed it out",
        stuck_s: 1200,
      }),
      expect.objectContaining({
        kind: "turn",
        name: "agent:broken",
        step: "try 1",
        correlation_id: "cor-slow",
        stuck_s: 600,
      }),
    ]);
  });

  test("queue_health", async () => {
    expect(await rows("queue_health")).toEqual([
      expect.objectContaining({
        queue: "inbound",
        tenant: "broken",
        waiting: 3,
        lanes: 3,
        due: 0,
        backing_off: 1,
        leased: 1,
        expired: 1,
        oldest_waiting_s: 600,
        dead_letters_24h: 1,
        verdict: "workers died",
      }),
      expect.objectContaining({ queue: "outbound", tenant: "broken", waiting: 1, lanes: 1, oldest_waiting_s: 300 }),
    ]);
  });

  test("dead_letters", async () => {
    expect(await rows("dead_letters")).toEqual([
      expect.objectContaining({
        queue: "inbound",
        tenant: "broken",
        kind: "turn",
        code: "agent_refused",
        message: "the agent said 500",
        letters: 1,
        tries: 1,
      }),
    ]);
  });

  test("agent_performance", async () => {
    const found = await rows("agent_performance");
    expect(found).toContainEqual(
      expect.objectContaining({ agent: "agent:broken", turns: 2, failed: 1, working: 1, failed_percent: 50 }),
    );
    const yesterday = found.find((row) => row.agent === "agent:history0" && row.turns === 125);
    expect(yesterday).toMatchObject({ skipped: 0, timeout_ms: 30_000, output_tokens_per_answer: expect.any(Number) });
    expect(yesterday?.failed).toBeGreaterThan(0);
  });

  test("conversation_state", async () => {
    const found = await rows("conversation_state");
    const states = Object.fromEntries(found.map((row) => [row.state, row.conversations]));
    expect(states).toEqual({
      answered: 500,
      "in work": 3,
      "a person was asked for": 1,
      "a person has taken over": 1,
      unanswered: 1,
      "the answer did not arrive": 2,
    });
    expect(found).toContainEqual(expect.objectContaining({ state: "a person was asked for", oldest_s: 1799 }));
  });

  test("latency", async () => {
    const found = await rows("latency");
    expect(found.map(({ step, p50_ms, p95_ms, p99_ms }) => [step, p50_ms, p95_ms, p99_ms])).toEqual([
      ["stored to claimed", 1000, 1000, 1000],
      ["agent", expect.any(Number), expect.any(Number), expect.any(Number)],
      ["stored to answered", 4000, 4000, 4000],
      ["answered to accepted", 500, 500, 500],
      ["accepted to delivered", 1500, 1500, 1500],
      ["stored to accepted", 4500, 4500, 4500],
      ["stored to delivered", 6000, 6000, 6000],
    ]);
    expect(found[0]?.replies).toBeGreaterThanOrEqual(20);
  });

  test("error_rate_by_hour", async () => {
    const found = await rows("error_rate_by_hour");
    expect(found).toHaveLength(24);
    expect(found[0]).toMatchObject({ sends_rejected: 1, sends_unknown: 1, poisonous: 1 });
    expect(found[0]?.turns_failing).toBeGreaterThanOrEqual(2);
    expect(found[0]?.error_percent).toBeGreaterThan(0);
  });

  test("top_errors_last_hour", async () => {
    const found = await rows("top_errors_last_hour");
    for (const error of [
      { source: "turn", code: "agent_timeout", message: "the agent did not answer within # ms" },
      { source: "turn", code: "agent_refused", errors: 1, last_correlation_id: "cor-dead" },
      { source: "dead letter: inbound", code: "agent_refused" },
      { source: "send", code: 131047, message: "# hours have passed" },
      { source: "send", code: "timeout" },
      { source: "webhook item", code: 22007 },
    ])
      expect(found).toContainEqual(expect.objectContaining(error));
  });

  test("workflow_completion", async () => {
    await expectRow("workflow_completion", {
      ...{ workflow: "checkout", finished: 4, completed: 2, failed: 1, timed_out: 1, open: 1 },
      ...{ completed_percent: 50, p50_s: 60 },
    });
  });

  test("agent_sessions", async () => {
    await expectRow("agent_sessions", { agent: "agent:broken", conversations: 2, alive: 2, turns_per_conversation: 1 });
    await expectRow("agent_sessions", { agent: "agent:history0", most_turns: 1, memory_messages: 1, memory_full: 0 });
  });

  test("breaker_status", async () => {
    const found = await rows("breaker_status");
    expect(found.map(({ service, verdict }) => [service, verdict])).toEqual([
      ["agent:absent", "no copy"],
      ["agent:broken", "open"],
      ["agent:broken", "silent"],
      ["agent:history0", "ok"],
    ]);
    expect(found[1]).toMatchObject({ since_s: 60, last_error: "connection refused" });
  });

  test("stale_locks", async () => {
    const found = await rows("stale_locks");
    expect(found.map(({ lock, holder, stale_s }) => [lock, holder, stale_s])).toEqual([
      ["expired lease", "w-dead", 89],
      ["lease of a silent worker", "w-hangs", 60],
      ["send of unknown end", null, 300],
      ["silent worker", "w-dead", 120],
      ["silent worker", "w-hangs", 60],
    ]);
  });

  test("dedupe_effectiveness", async () => {
    expect(await rows("dedupe_effectiveness")).toEqual([
      {
        provider: "cloud_api",
        facts: 508,
        duplicates: 1,
        posts_with_duplicates: 1,
        duplicate_percent: 0.2,
        accepted_twice: 1,
      },
    ]);
  });

  test("system_summary", async () => {
    const found = await rows("system_summary");
    const bad = found.filter((row) => row.healthy === false);
    expect(bad.map(({ item, value }) => [item, value])).toEqual([
      ["turns that failed, 24 h", expect.any(Number)],
      ["lanes due", 1],
      ["lanes backing off", 1],
      ["oldest work, in s", 600],
      ["expired leases", 1],
      ["dead letters", 1],
      ["sends of unknown end", 1],
      ["workflows stuck", 1],
      ["runners silent", 2],
      ["agents without a usable copy", 2],
      ["poisonous webhook items, 24 h", 1],
    ]);
    expect(new Set(found.map(({ ask }) => ask)).difference(new Set(checks.keys()))).toEqual(new Set());
  });

  test("the whole file runs as it is", async () => {
    const results = await client.query(readFileSync(path.join(root, "monitoring/webhook-health-checks.sql"), "utf8"));
    expect(results).toHaveLength(14);
  });

  test.each([...checks.keys()])("%s reads no growing table from end to end", async (name) => {
    expect(await scanned(checks.get(name) ?? "")).toEqual([]);
  });

  test.each(VIEWS)("the view %s reads no growing table from end to end", async (view) => {
    expect(await scanned(`select * from app.${view}`)).toEqual([]);
  });

  test("the check of the plans knows a sequential scan when it sees one", async () => {
    expect(await scanned("select count(body) from public.messages")).toEqual(["messages"]);
  });
});

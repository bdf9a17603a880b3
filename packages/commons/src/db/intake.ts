// The doors' part of the engine.
import { z } from "zod";
import type { JsonObject } from "../json.ts";
import { callParsed, type Database } from "./database.ts";

const ingestResult = z.object({
  stored: z.number(),
  duplicates: z.number(),
  raw: z.number(),
  failed: z.number(),
  wake: z.boolean(),
});
/** What became of a batch; `wake`: work was queued and no runner is alive to see it. */
export type IngestResult = z.infer<typeof ingestResult>;

/** Takes in the events of one POST, all or nothing but for poisonous items. See ingest_events.sql. */
export async function ingestEvents(
  db: Database,
  provider: string,
  events: readonly JsonObject[],
): Promise<IngestResult> {
  const args = { p_provider: provider, p_events: events };
  return await callParsed(db, "ingest_events", { args, result: ingestResult });
}

const readinessResult = z.object({
  ready: z.boolean(),
  checks: z.record(z.string(), z.union([z.literal(true), z.string()])),
});
/** Whether a message that came now would be answered, and what is missing. */
export type Readiness = z.infer<typeof readinessResult>;

/** Asks whether a message would be answered. See readiness.sql. */
export async function readiness(db: Database, drain: boolean): Promise<Readiness> {
  return await callParsed(db, "readiness", { args: { p_drain: drain }, result: readinessResult });
}

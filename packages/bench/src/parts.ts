// Where the milliseconds of a webhook go: its parts, each measured alone and one at a time, without the gateway and
// without Deno.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { createDatabase, type DatabasePool } from "@switchboard/commons/db/database.ts";
import { verifySignature } from "@switchboard/commons/providers/cloud-api/signature.ts";
import { getProvider } from "@switchboard/commons/providers/index.ts";
import { ingest } from "@switchboard/commons/work/ingest.ts";
import { parseJsonBody } from "@switchboard/commons/work/webhook-body.ts";
import type { Stack } from "@switchboard/local/stack.ts";
import { median } from "./statistics.ts";
import { signedWebhook, type WebhookSource } from "./webhook.ts";

/** Medians in milliseconds. */
export interface Parts {
  /** Check the signature over the raw bytes, parse the JSON into events. */
  readonly signatureAndParse: number;
  /** `select 1`: driver, socket and back. */
  readonly roundTrip: number;
  /** A single-row insert, committed to disk. */
  readonly insert: number;
  /** ingest_events for one message, without waiting for the disk. */
  readonly ingestWithoutDisk: number;
  /** ingest_events for one message, committed to disk. */
  readonly ingest: number;
  /** 8 KiB written to the database's disk and forced there. */
  readonly fdatasync: number;
}

const TIMES = 300;
const WARM_UP = 50;
const SETTINGS = { GRAPH_API_URL: "http://127.0.0.1", GRAPH_API_VERSION: "v26.0" };

/** Measures. Nothing else should be going on. */
export async function measureParts(
  stack: Stack,
  source: WebhookSource,
): Promise<Parts & { readonly accepted: number }> {
  const db = connect(stack);
  const noWait = connect(stack);
  let made = 0;
  const ingestOne = async (database: DatabasePool) => {
    const { body } = signedWebhook(source, made++);
    const events = getProvider("cloud_api", SETTINGS).parse(JSON.parse(body), { receivedAt: new Date() });
    return () => ingest(database, "cloud_api", events, crypto.randomUUID());
  };
  try {
    await noWait.query("set synchronous_commit = off", []); // one connection: it stays so
    const medians = await timeInTurn({
      signatureAndParse: async () => () => verifyAndParse(source, made++),
      roundTrip: async () => () => db.query("select 1", []),
      insert: async () => {
        const { body } = signedWebhook(source, made++);
        return () => db.query("insert into bench.rows (body) values ($1)", [body]);
      },
      ingestWithoutDisk: () => ingestOne(noWait),
      ingest: () => ingestOne(db),
    });
    const fdatasync = measureDisk(path.dirname(stack.postgres.folder));
    return { ...medians, fdatasync, accepted: 2 * (TIMES + WARM_UP) };
  } finally {
    await Promise.all([db.end(), noWait.end()]);
  }
}

function connect(stack: Stack): DatabasePool {
  return createDatabase({
    url: stack.urls.database,
    role: "service_role",
    size: 1,
    applicationName: "switchboard bench",
  });
}

async function verifyAndParse(source: WebhookSource, count: number): Promise<void> {
  const { body, headers } = signedWebhook(source, count);
  const bytes = new TextEncoder().encode(body);
  await verifySignature(bytes, headers["x-hub-signature-256"] ?? null, [source.appSecret]);
  getProvider("cloud_api", SETTINGS).parse(parseJsonBody(bytes), { receivedAt: new Date() });
}

/** Makes a piece of work; the making is not timed. */
type Prepare = () => Promise<() => Promise<unknown>>;

/**
 * The median times of several pieces of work, which take turns, so that a busy moment of the machine meets all of them.
 * @param works - by name
 */
async function timeInTurn<K extends string>(works: Readonly<Record<K, Prepare>>): Promise<Record<K, number>> {
  // SAFETY: Object.entries gives exactly the keys of the record.
  const entries = Object.entries(works) as [K, Prepare][];
  const times = new Map(entries.map(([name]): [K, number[]] => [name, []]));
  for (let count = 0; count < WARM_UP + TIMES; count += 1)
    for (const [name, prepare] of entries) {
      const work = await prepare();
      const began = performance.now();
      await work();
      times.get(name)?.push(performance.now() - began);
    }
  const medians = [...times].map(([name, all]) => [name, median(all.slice(WARM_UP))]);
  // SAFETY: a median for each key.
  return Object.fromEntries(medians) as Record<K, number>;
}

function measureDisk(folder: string): number {
  const file = path.join(folder, "bench-fdatasync");
  const descriptor = openSync(file, "w");
  try {
    const page = Buffer.alloc(8192, 1);
    const times = Array.from({ length: 100 }, (_, index) => {
      const began = performance.now();
      writeSync(descriptor, page, 0, page.length, index * page.length);
      fdatasyncSync(descriptor);
      return performance.now() - began;
    });
    return median(times);
  } finally {
    closeSync(descriptor);
    rmSync(file, { force: true });
  }
}

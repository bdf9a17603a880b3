// A whole platform for one test file: its own ports, its own temporary folder, nothing left behind. Beside it what the
// end-to-end tests share: SQL as the superuser, the simulator's test API, signed webhooks, and waiting for a condition.
import { createHmac } from "node:crypto";
import { rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { type Stack, type StackOptions, startStack } from "../../src/stack.ts";
import { denoDir } from "../project.ts";
import { type Simulator, simulatorAt } from "./simulator.ts";

/** How long a condition may take on a machine that does much else; never a measure of speed. */
const PATIENCE_MS = 120_000;
const POLL_MS = 100;

/** What a test file wants of its platform. */
export interface E2eOptions {
  /** Names the temporary folder; one for each test file, so that a start takes over what a killed run has left. */
  readonly name: string;
  /** First of ten ports. */
  readonly base: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly programs?: StackOptions["programs"];
  readonly restart?: boolean;
}

/** A running platform with what a test needs of it. */
export interface E2e {
  readonly stack: Stack;
  readonly simulator: Simulator;
  /** Warnings and errors of all parts, as `name level: message`. */
  readonly logs: string[];
  /** Runs a statement as superuser; rows as JSON has them (bigint as number). */
  sql<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Stops everything and deletes the data. */
  close(): Promise<void>;
}

/** The ten ports from `base` on. */
export function portsOf(base: number) {
  return {
    gateway: base,
    postgres: base + 1,
    simulator: base + 2,
    inbox: base + 3,
    runner: base + 4,
    agents: [base + 5, base + 6],
    /** For a test's own server. */
    wire: base + 8,
  };
}

/** Starts the platform of a test file, with the demo tenant and every program but the inbox. */
export async function startE2e(options: E2eOptions): Promise<E2e> {
  const folder = path.join(os.tmpdir(), `switchboard-e2e-${options.name}`);
  const logs: string[] = [];
  const stack = await startStack({
    dataDir: folder,
    ports: portsOf(options.base),
    denoDir,
    env: options.env ?? {},
    programs: options.programs ?? { inbox: false },
    restart: options.restart ?? false,
    fresh: true,
    fsync: false,
    seed: true,
    onLog: ({ name, level, message }) => logs.push(`${name} ${level}: ${message}`),
  }).catch((error) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const pool = new pg.Pool({ connectionString: stack.urls.databaseAdmin, max: 4, connectionTimeoutMillis: 10_000 });
  pool.on("error", () => {}); // a Postgres that is stopped on purpose
  const close = async () => {
    await pool.end();
    await stack.stop();
    for (const leftover of [folder, stack.postgres.folder]) rmSync(leftover, { recursive: true, force: true });
  };
  return {
    stack,
    simulator: simulatorAt(stack.urls.simulator),
    logs,
    sql: async (text, values = []) => (await pool.query({ text, values: [...values], types })).rows,
    close,
  };
}

/** Lets bursts rest for longer, so that a slow machine does not tear one apart where a test counts answers. */
export async function calmBursts({ sql }: E2e): Promise<void> {
  await sql("update public.tenants set burst_quiet_ms = 4000, burst_max_wait_ms = 60000");
}

const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
};

/**
 * Polls until a condition holds.
 * @param what - the condition in words, for the error
 * @param look - gives something truthy when it holds; may throw, which counts as "not yet"
 * @returns what `look` gave
 * @throws Error with what was last seen, when it does not hold within `patienceMs`
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  { patienceMs = PATIENCE_MS, seen = () => "" }: { readonly patienceMs?: number; readonly seen?: () => unknown } = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + patienceMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      last = await look();
      if (last) return last as NonNullable<T>; // SAFETY: truthy
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const more = JSON.stringify(await seen());
  throw new Error(`Not within ${patienceMs / 1000} s: ${what}. Last seen: ${describe(last)} ${more ?? ""}`.trim());
}

function describe(value: unknown): string {
  return value instanceof Error ? `${value.name}: ${value.message}` : JSON.stringify(value);
}

/** The value of `X-Hub-Signature-256`. */
export function sign(secret: string, body: string | Uint8Array): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/** Posts a webhook as Meta does. */
export function postWebhook(
  stack: Stack,
  body: string | Uint8Array,
  { secret = stack.keys.appSecret, headers = {} }: { secret?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(stack.urls.webhook, {
    method: "POST",
    headers: { "content-type": "application/json", "x-hub-signature-256": sign(secret, body), ...headers },
    // SAFETY: the bytes are a plain array of this process, not shared memory.
    body: body as string | Uint8Array<ArrayBuffer>,
    signal: AbortSignal.timeout(60_000),
  });
}

/** The demo tenant's number. */
export const DEMO_NUMBER = "100000000000001";

/** A webhook body with text messages, in Meta's form. */
export function textWebhook(
  messages: readonly { readonly from: string; readonly id: string; readonly text: string }[],
  number = DEMO_NUMBER,
): unknown {
  const senders = [...new Set(messages.map(({ from }) => from))];
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550100001", phone_number_id: number },
    contacts: senders.map((from) => ({ profile: { name: `Customer ${from.slice(-4)}` }, wa_id: from })),
    messages: messages.map(({ from, id, text }) => ({
      from,
      id,
      timestamp: String(Math.floor(Date.now() / 1000)),
      type: "text",
      text: { body: text },
    })),
  };
  return {
    object: "whatsapp_business_account",
    entry: [{ id: "200000000000001", changes: [{ field: "messages", value }] }],
  };
}

/** Says what a test did; the tests are run by people who want to see it. */
export function report(test: string, facts: Readonly<Record<string, unknown>>): void {
  const line = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  console.info(`[${test}] ${line.join(", ")}`);
}

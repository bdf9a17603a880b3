// `npm run bench`: a platform of its own, measured from outside. See README.md; --help shows the flags.
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { createDatabase, type DatabasePool } from "@switchboard/commons/db/database.ts";
import { upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { type Stack, startStack } from "@switchboard/local/stack.ts";
import { measureIntake } from "./intake.ts";
import { startLoadGenerator } from "./load.ts";
import { describeMachine, postgresVersion } from "./machine.ts";
import { measureParts } from "./parts.ts";
import { measurePhones } from "./phones.ts";
import { createProject, WORKSPACE } from "./project.ts";
import { type Results, reportOf, tablesOf } from "./report.ts";
import type { WebhookSource } from "./webhook.ts";

const HELP = `npm run bench [-- flags]

  --write             writes packages/bench/RESULTS.md and results.json
  --rounds <n>        rounds of the webhook part; default 5
  --seconds <n>       of each cell of a round; default 1
  --phone-seconds <n> of each cell of the phone part; default 7
  --port <n>          first of seven ports; default 60100
  --dir <folder>      for its data, on the disk that is to be measured; default .switchboard/bench`;

const LIMIT_SECONDS = 235;
const IN_FLIGHT = [1, 8, 32];
const QUIET_MS = [600, 0];
const PHONE_NUMBER_ID = "100000000000042";
const here = path.resolve(import.meta.dirname, "..");

const { values: flags } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
    "phone-seconds": { type: "string", default: "7" },
    port: { type: "string", default: "60100" },
    dir: { type: "string", default: path.join(WORKSPACE, ".switchboard/bench") },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (flags.help) console.log(HELP);
else process.exit(await main());

async function main(): Promise<number> {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => abort.abort());
  const limit = setTimeout(() => {
    console.error(
      `The bench takes longer than ${LIMIT_SECONDS} s; it stops. Is the machine busy? Fewer --rounds help.`,
    );
    abort.abort();
  }, LIMIT_SECONDS * 1000);
  const stopped = new Promise<never>((_, reject) =>
    abort.signal.addEventListener("abort", () => reject(new Error("Stopped."))),
  );
  stopped.catch(() => {}); // it may come while nobody waits for it
  let stack: Stack | undefined;
  try {
    const machine = await describeMachine();
    console.log(`Starting a platform in ${flags.dir}`);
    stack = await startPlatform(abort.signal);
    const results = await Promise.race([measure(stack, machine), stopped]);
    console.log(`\n${tablesOf(results)}`);
    if (flags.write) write(results);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    clearTimeout(limit);
    await stack?.stop();
    rmSync(path.join(flags.dir, "project"), { recursive: true, force: true });
  }
}

function startPlatform(signal: AbortSignal): Promise<Stack> {
  const root = path.join(flags.dir, "project");
  createProject(root);
  const port = Number(flags.port);
  return startStack({
    root,
    dataDir: path.join(flags.dir, "data"),
    denoDir: path.join(WORKSPACE, ".switchboard/deno"), // shared with npm start
    ports: {
      gateway: port,
      postgres: port + 1,
      simulator: port + 2,
      inbox: port + 3,
      runner: port + 4,
      agents: [port + 5, port + 6],
    },
    // The runner works the queues; the serverless drain would only add load that nobody asked for.
    env: { SERVERLESS_DRAIN: "off", LOG_LEVEL: "info" },
    // One process for each function over the whole run: its end would look like a slow request.
    limits: { wallClockMs: 3_600_000 },
    fresh: true,
    seed: true,
    signal,
  });
}

async function measure(stack: Stack, machine: Awaited<ReturnType<typeof describeMachine>>): Promise<Results> {
  const began = performance.now();
  const db = createDatabase({
    url: stack.urls.database,
    role: "service_role",
    size: 1,
    applicationName: "switchboard bench",
  });
  const load = startLoadGenerator();
  try {
    const phones = await measurePhones({
      stack,
      db,
      inFlight: IN_FLIGHT,
      quietMs: QUIET_MS,
      milliseconds: Number(flags["phone-seconds"]) * 1000,
      onProgress: (words) => console.log(`  phone to answer: ${words}`),
    });
    await Promise.all([...stack.programs.values()].map((program) => program.stop()));
    const source = await prepareIntake(stack, db);
    console.log("  parts of a webhook");
    const { accepted: byParts, ...parts } = await measureParts(stack, source);
    const intake = await measureIntake({
      stack,
      load,
      source,
      inFlight: IN_FLIGHT,
      rounds: Number(flags.rounds),
      milliseconds: Number(flags.seconds) * 1000,
      onProgress: (words) => console.log(`  webhook to 200: ${words}`),
    });
    return {
      machine: { ...machine, postgres: await postgresVersion(db) },
      command: "npm run bench -- --write",
      seconds: (performance.now() - began) / 1000,
      intake: intake.cells,
      rounds: Number(flags.rounds),
      parts,
      phones,
      kept: { answered: intake.accepted + byParts, stored: await storedMessages(stack) },
    };
  } finally {
    await load.close();
    await db.end();
  }
}

/** A tenant and a number for the webhooks, and the table of the function that is compared. */
async function prepareIntake(stack: Stack, db: DatabasePool): Promise<WebhookSource> {
  const tenantId = await upsertTenant(db, 0, "bench", "Bench");
  await upsertWhatsappAccount(db, 0, tenantId, {
    provider: "cloud_api",
    externalId: PHONE_NUMBER_ID,
    displayPhone: "+1 555 010 0042",
    name: "Bench",
    agent: "agent:concierge",
  });
  await asOwner(stack, [
    "create schema bench",
    "create table bench.rows (id bigint generated always as identity primary key, body text not null, at timestamptz not null default now())",
    "grant usage on schema bench to service_role",
    "grant insert on bench.rows to service_role",
  ]);
  return { phoneNumberId: PHONE_NUMBER_ID, appSecret: stack.keys.appSecret, customers: 250 };
}

async function storedMessages(stack: Stack): Promise<number> {
  const [row] = await asOwner(stack, [
    `select count(*)::int as count from public.messages m join public.whatsapp_accounts a on a.id = m.account_id where a.external_id = '${PHONE_NUMBER_ID}'`,
  ]);
  return Number(row?.count);
}

/** Runs statements as the user `postgres`; the rows of the last one. */
async function asOwner(stack: Stack, statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const owner = createDatabase({ url: stack.urls.database, role: "", size: 1, applicationName: "switchboard bench" });
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await owner.query(statement, [])).rows;
    return rows;
  } finally {
    await owner.end();
  }
}

function write(results: Results): void {
  writeFileSync(path.join(here, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(path.join(here, "RESULTS.md"), reportOf(results));
  console.log("\nWritten: packages/bench/RESULTS.md and results.json");
}

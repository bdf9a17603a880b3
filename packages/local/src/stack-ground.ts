// What a start stands on, before anything runs: the data folder and its lock, free ports, the keys, the settings.
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { type Keys, readKeys } from "./keys.ts";
import { lockFolder } from "./lock.ts";
import { type LogBook, type LogEntry, openLogs } from "./logs.ts";
import { type DatabaseUrls, databaseUrls } from "./platform.ts";
import { PostgresServer } from "./postgres.ts";
import { requireFreePort, sleep } from "./processes.ts";
import { type Env, type StackPorts, stackEnv, stackPorts } from "./stack-env.ts";
import { type PlannedProgram, plannedPrograms, wantedPorts } from "./stack-programs.ts";
import type { StackOptions } from "./stack-types.ts";
import { createTokens, type Tokens } from "./tokens.ts";

/** Where a platform lies and what it was given. */
export interface Place {
  readonly root: string;
  readonly dataDir: string;
  readonly ports: StackPorts;
  /** The caller's settings. */
  readonly given: Env;
  readonly programs: readonly PlannedProgram[];
}

/** Everything that is known before anything is started. */
export interface Ground {
  readonly keys: Keys;
  readonly tokens: Tokens;
  readonly urls: DatabaseUrls;
  /** The whole environment. */
  readonly env: Env;
  readonly logs: LogBook;
  readonly postgres: PostgresServer;
}

const WORKSPACE = path.resolve(import.meta.dirname, "../../..");
/** Milliseconds that what a killed platform has left running gets to end by itself. */
const TAKE_OVER_MS = 10_000;
const POSTGRES_RETRY_MS = 1000;

/**
 * Resolves the options that say where and what.
 * @param options - see StackOptions
 */
export function placeOf(options: StackOptions): Place {
  const root = path.resolve(options.root ?? WORKSPACE);
  const entries = Object.entries(options.env ?? {});
  const given = Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
  const dataDir = path.resolve(root, options.dataDir ?? (given.DATA_DIR || ".switchboard"));
  const ports = stackPorts(given, options.ports);
  return { root, dataDir, ports, given, programs: plannedPrograms(root, ports, options.programs) };
}

/**
 * Takes the data folder, looks at the ports, and reads or makes the keys.
 * @param options - see StackOptions
 * @param place - from placeOf
 * @param life - takes what has to be undone, and tells whether the platform is being stopped
 * @throws AlreadyRunningError, PortTakenError
 */
export async function prepareGround(
  options: StackOptions,
  place: Place,
  life: { readonly onStop: (cleanUp: () => unknown) => void; readonly isStopped: () => boolean },
): Promise<Ground> {
  const { dataDir, ports, given } = place;
  mkdirSync(dataDir, { recursive: true });
  const lock = lockFolder(dataDir);
  life.onStop(lock.release);
  const postgres: PostgresServer = new PostgresServer({
    folder: path.join(dataDir, "postgres"),
    port: ports.postgres,
    logFile: path.join(dataDir, "logs/postgres.log"),
    fsync: options.fsync ?? true,
    settings: options.postgresSettings ?? {},
    onCrash: (how) => void revive(postgres, how, { logs, retry: () => options.restart === true && !life.isStopped() }),
  });
  const onEntry = options.onLog ?? (options.quiet === true ? () => {} : print);
  const leftover = await postgres.stopLeftover();
  const waitMs = lock.takenOver || leftover ? TAKE_OVER_MS : 0;
  const onWait = (message: string) => onEntry({ name: "ports", level: "warn", message });
  for (const wanted of wantedPorts(ports, place.programs)) await requireFreePort(wanted, { waitMs, onWait });
  rmSync(path.join(dataDir, "stack.json"), { force: true });
  if (options.fresh === true) {
    postgres.wipe();
    for (const name of ["keys.json", "logs", "storage"])
      rmSync(path.join(dataDir, name), { recursive: true, force: true });
  }
  const logs = openLogs(path.join(dataDir, "logs"), onEntry);
  life.onStop(() => logs.close());
  const keys = await readKeys(dataDir, postgres.initialised);
  const tokens = await createTokens(keys);
  const urls = databaseUrls(ports.postgres, keys.passwords);
  const env = stackEnv({ env: given, ports, dataDir, keys, urls, jwks: tokens.jwks });
  return { keys, tokens, urls, env, logs, postgres };
}

/** Starts a Postgres that has died until it is back. */
async function revive(
  postgres: PostgresServer,
  how: string,
  { logs, retry }: { readonly logs: LogBook; readonly retry: () => boolean },
): Promise<void> {
  logs.note("postgres", "warn", `ended unexpectedly (${how})${retry() ? "; starting it again" : ""}`);
  while (retry()) {
    try {
      await postgres.start();
      logs.note("postgres", "warn", "is back");
      return;
    } catch (error) {
      logs.note("postgres", "error", String(error));
      await sleep(POSTGRES_RETRY_MS);
    }
  }
}

function print({ name, level, message }: LogEntry): void {
  process.stderr.write(`${name} ${level}: ${message}\n`);
}

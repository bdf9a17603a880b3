// Where the small tools work: the project that the environment or .env names, or else the local one of `npm start`.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { createDatabase, type DatabasePool } from "@switchboard/commons/db/database.ts";
import { readSettings, settings } from "@switchboard/commons/env.ts";

/** A problem that the user can mend; its message says how. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** Where a tool works. */
export interface Deployment {
  /** Its settings, as in .env.example. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For a person: which database, without its password. */
  readonly description: string;
  /** Opens a connection; the caller ends it. */
  connect(tool: string): DatabasePool;
}

const ROOT = path.resolve(import.meta.dirname, "..");

/**
 * Finds the deployment: SUPABASE_DB_URL of the environment or of .env decides; without it the local stack, which must run.
 * @param root - the project
 * @throws UserError when there is neither
 */
export function findDeployment(root: string = ROOT): Deployment {
  const file = path.join(root, ".env");
  const fromCaller = Object.entries(process.env).filter(([name, value]) => name in settings && value !== "");
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const given = { ...fromFile, ...Object.fromEntries(fromCaller) };
  const env = given.SUPABASE_DB_URL ? given : { ...localEnv(root, given), ...withoutEmpty(given) };
  const { SUPABASE_DB_URL: url, DATABASE_ROLE: role } = readSettings(["SUPABASE_DB_URL", "DATABASE_ROLE"], env);
  const { hostname, port, pathname } = new URL(url);
  return {
    env,
    description: `${hostname}${port === "" ? "" : `:${port}`}${pathname}`,
    connect: (tool) => createDatabase({ url, role, size: 1, applicationName: `switchboard ${tool}` }),
  };
}

/** What the running local stack has put into its data folder. */
function localEnv(root: string, given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const folder = path.resolve(root, given.DATA_DIR || ".switchboard");
  const stack = readJson(path.join(folder, "stack.json"));
  const keys = readJson(path.join(folder, "keys.json"));
  if (stack?.databaseUrl === undefined || keys?.masterKeys === undefined)
    throw new UserError(
      "There is no database to work on: set SUPABASE_DB_URL and MASTER_KEYS (in the environment or .env), or start the local stack with npm start.",
    );
  return {
    SUPABASE_DB_URL: stack.databaseUrl,
    MASTER_KEYS: keys.masterKeys,
    GRAPH_API_URL: stack.simulatorUrl ?? "",
  };
}

function readJson(file: string): Readonly<Record<string, string>> | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function withoutEmpty(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
}

/**
 * Runs a tool: expected problems are one line on stderr, faults show their stack; both end with 1.
 * @param tool - the whole of it
 */
export async function runTool(tool: () => Promise<void>): Promise<void> {
  try {
    await tool();
  } catch (error) {
    const expected = error instanceof Error && !/^(TypeError|RangeError|ReferenceError|SyntaxError)$/.test(error.name);
    const usage = error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
    if (expected || usage) console.error(error.message);
    else console.error(error);
    process.exit(1);
  }
}

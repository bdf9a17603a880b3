// The way to Postgres: a pool, and the one typed call by which TypeScript speaks to the engine. Statements are never
// prepared by name and nothing depends on a session, so that a transaction pooler may stand in between.
import pg from "pg";
import type { z } from "zod";
import { WorkflowError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Database as Generated, Json as GeneratedJson } from "./database.generated.ts";
import { mapDatabaseError } from "./errors.ts";
import { toJsonb } from "./jsonb.ts";

type Functions = Generated["app"]["Functions"];
/** The name of a function of the engine. */
export type FunctionName = keyof Functions;
/** jsonb parameters take objects and lists (a bare text would be read as JSON); null stands for SQL's null everywhere. */
type Argument<T> = GeneratedJson extends T ? JsonObject | readonly Json[] | null : Exclude<T, undefined> | null;
/** The named parameters of a function; those with a default may be left out. */
export type Arguments<F extends FunctionName> = {
  readonly [P in keyof Functions[F]["Args"]]: Argument<Functions[F]["Args"][P]>;
};
/** The functions that return rows. */
export type RowsFunction = {
  [F in FunctionName]: Functions[F]["Returns"] extends readonly unknown[] ? F : never;
}[FunctionName];
type Row<F extends RowsFunction> = Functions[F]["Returns"] extends readonly (infer R)[] ? R : never;

/** What the engine's client needs of a connection or a pool. */
export interface Database {
  query(text: string, values: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/** A pool that can be closed. */
export interface DatabasePool extends Database {
  end(): Promise<void>;
}

/** How to connect. */
export interface DatabaseOptions {
  readonly url: string;
  /** Role to take after login; empty keeps the login's. */
  readonly role: string;
  /** Most connections. */
  readonly size: number;
  /** Shows up in pg_stat_activity. */
  readonly applicationName: string;
  /** Told about connections that broke while idle; the pool replaces them. */
  readonly onIdleError?: (error: Error) => void;
}

/** Opens a pool. Connects lazily: a server that is down shows at the first query. */
export function createDatabase(options: DatabaseOptions): DatabasePool {
  const pool = new pg.Pool({ ...connectionConfig(options), max: options.size, idleTimeoutMillis: 30_000 });
  pool.on("error", (error: Error) => options.onIdleError?.(error));
  return {
    query: (text, values) => pool.query(text, [...values]),
    end: () => pool.end(),
  };
}

/**
 * The settings of one connection: role, time limits, and values as JSON has them (bigint as number, times as text).
 *
 * The limits, as pg 8 and pg-pool 3 count them: `connectionTimeoutMillis` is the wait for a free connection of the pool
 * as well as the time to open one; `statement_timeout` is Postgres's own; `query_timeout` begins when the query is given
 * to its connection, so waiting in the pool does not count. Together they stay below a lease of 30 seconds: whoever
 * waited that long for an answer still knows in time that there was none.
 */
export function connectionConfig(options: Omit<DatabaseOptions, "size" | "onIdleError">): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
    query_timeout: 20_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(options.role === "" ? {} : { options: `-c role=${options.role}` }),
    types: {
      getTypeParser: (oid: number, format?: "text" | "binary") =>
        PARSERS.get(oid) ?? pg.types.getTypeParser(oid, format),
    },
  };
}

const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [20, Number], // bigint: sequence numbers and tokens stay far below 2^53
  [1184, (text) => new Date(text).toISOString()], // timestamptz
]);

/**
 * Calls a function that returns one value.
 * @param args - by parameter name, such as `{ p_shard: 0 }`
 * @returns the value; null where SQL returns null
 * @throws StaleLeaseError, InvalidInputError, DatabaseUnavailableError; anything else as pg throws it
 */
export async function callValue<F extends Exclude<FunctionName, RowsFunction>>(
  db: Database,
  name: F,
  args: Arguments<F>,
): Promise<Functions[F]["Returns"]> {
  const rows = await callFunction(db, name, args);
  // SAFETY: the function returns one value of the generated type, in the column named after it.
  return rows[0]?.[name] as Functions[F]["Returns"];
}

/**
 * Calls a function that returns rows.
 * @throws as callValue
 */
export async function callRows<F extends RowsFunction>(db: Database, name: F, args: Arguments<F>): Promise<Row<F>[]> {
  // SAFETY: the columns are those of the generated type.
  return (await callFunction(db, name, args)) as Row<F>[];
}

/**
 * Calls a function that returns jsonb and checks what it returned.
 * @throws as callValue, and WorkflowError `schema_mismatch` when the engine answers in another form than this version knows
 */
export async function callParsed<F extends Exclude<FunctionName, RowsFunction>, T>(
  db: Database,
  name: F,
  call: { readonly args: Arguments<F>; readonly result: z.ZodType<T> },
): Promise<T> {
  const parsed = call.result.safeParse(await callValue(db, name, call.args));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join(".") || "(root)"}: ${code}`);
  throw new WorkflowError(
    `app.${name} answered in a form that this version does not know (${problems.join("; ")}); deploy the schema and the programs of one version.`,
    { code: "schema_mismatch", context: { function: name }, retryable: true },
  );
}

async function callFunction(db: Database, name: string, args: object): Promise<Record<string, unknown>[]> {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const parameters = given.map(([parameter], index) => `${parameter} => $${index + 1}`).join(", ");
  try {
    const result = await db.query(
      `select * from app.${name}(${parameters})`,
      given.map(([, value]) => toParameter(value)),
    );
    return result.rows;
  } catch (error) {
    throw mapDatabaseError(error, name);
  }
}

/** Objects as jsonb; texts without the NUL character, which Postgres refuses. */
function toParameter(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\u0000", "\ufffd");
  return typeof value === "object" && value !== null ? toJsonb(value) : value;
}

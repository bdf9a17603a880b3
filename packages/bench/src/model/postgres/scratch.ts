// A database of its own for schedules over real connections: the project's migrations, with gates at which a session waits
// until the scheduler lets it go on. Mutants are made in it too, so nobody else ever meets them.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";

const MIGRATIONS = path.resolve(import.meta.dirname, "../../../../../supabase/migrations");

/**
 * The functions that take one lock after the other. They get a gate before each statement on the rows of a lane. What the
 * others do stands between locks that are held already: nobody can see in which order. A claim never waits.
 */
const LOCKING = ["assert_lease", "enqueue_message", "complete_queue_lanes"];

/**
 * Waits while the scheduler holds the gate's lock: two locks by turns, so that the next gate is closed already. The first
 * gate of a call is always open: the start of the call is a step of its own.
 */
const GATE = `
create schema model;
create function model.gate () returns void language plpgsql set search_path = '' as $$
declare
  v_session integer := nullif(current_setting('model.session', true), '')::integer;
  v_gate    integer := coalesce(nullif(current_setting('model.gate', true), ''), '-1')::integer;
begin
  if v_session is null or v_gate < 0 then
    perform set_config('model.gate', '0', true);
    return;
  end if;
  perform set_config('model.gate', (1 - v_gate)::text, true);
  perform pg_advisory_lock(v_session, v_gate);
  perform pg_advisory_unlock(v_session, v_gate);
end;
$$;
grant usage on schema model to service_role;
grant execute on function model.gate to service_role;
`;

/** A guard that is taken away: the function, the text of the guard, and what stands there instead. */
export interface Mutant {
  readonly function: string;
  readonly guard: RegExp;
  readonly instead: string;
}

/** A database that is removed again. */
export interface Scratch {
  readonly url: string;
  /** Takes guards away. @throws Error when one of them is not in its function */
  mutate(mutants: readonly Mutant[]): Promise<void>;
  drop(): Promise<void>;
}

/**
 * Makes a database with the project's schema.
 * @param serverUrl - a user that may create databases
 * @param name - distinguishes it from others of this process
 */
export async function createScratch(serverUrl: string, name: string): Promise<Scratch> {
  const database = `switchboard_model_${process.pid}_${name}`;
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  await withClient(serverUrl, (client) => client.query(`create database ${database} template template0`));
  const scratch: Scratch = {
    url: url.href,
    mutate: (mutants) => withClient(url.href, (client) => mutate(client, mutants)),
    drop: () =>
      withClient(serverUrl, (client) => client.query(`drop database ${database} with (force)`)).then(() => {}),
  };
  try {
    await withClient(url.href, async (client) => {
      for (const file of readdirSync(MIGRATIONS).sort())
        if (file.endsWith(".sql")) await client.query(readFileSync(path.join(MIGRATIONS, file), "utf8"));
      await client.query(GATE);
      await addGates(client);
    });
    return scratch;
  } catch (error) {
    await scratch.drop();
    throw error;
  }
}

async function mutate(client: pg.Client, mutants: readonly Mutant[]): Promise<void> {
  for (const { function: name, guard, instead } of mutants) {
    const source = await sourceOf(client, name);
    if (source === undefined || !guard.test(source))
      throw new Error(`app.${name} has no ${guard} any more: say in mutants.ts what the guard is now.`);
    await client.query(source.replace(guard, instead));
  }
}

async function addGates(client: pg.Client): Promise<void> {
  let gates = 0;
  for (const name of LOCKING) {
    const source = await sourceOf(client, name);
    if (source === undefined) continue; // a part of the claim that this version does not have
    const gated = withGates(source);
    gates += gated.gates;
    await client.query(gated.source);
  }
  if (gates < 2 * LOCKING.length) throw new Error(`Only ${gates} gates were found a place: mend withGates.`);
}

/** Puts a gate before every statement that touches the rows of a lane. */
function withGates(source: string): { readonly source: string; readonly gates: number } {
  let gates = 0;
  const gated = source.replace(
    /(?<=(?:;|\bbegin|\bthen|\belse|\bloop)(?:\s*--[^\n]*)*\n)(\s*)((?:perform from|select|insert|update|delete|with)\b[^;]*;)/g,
    (whole: string, space: string, statement: string) => {
      if (!/queue_lane|queue_ready/.test(statement)) return whole;
      gates += 1;
      return `${space}perform model.gate();${space.startsWith("\n") ? "" : "\n"}${space}${statement}`;
    },
  );
  return { source: gated, gates };
}

async function sourceOf(client: pg.Client, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ source: string }>(
    "select pg_get_functiondef(p.oid) as source from pg_proc p where p.pronamespace = 'app'::regnamespace and p.proname = $1",
    [name],
  );
  return rows[0]?.source;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "switchboard model" });
  client.on("error", () => {}); // its database was dropped
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

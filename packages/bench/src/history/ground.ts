// What a run adds to its own database: the witness's table, a clock that can be moved for everybody, and, on demand, a
// guard taken out of the engine, to show that the checker sees it.
import type pg from "pg";

const SCHEMA = `
create schema history;
create table history.event (
  n        bigint generated always as identity primary key,
  process  text   not null,
  call     bigint not null,
  kind     text   not null,
  lane     uuid   not null,
  began_us bigint not null,
  at_us    bigint not null,
  detail   jsonb  not null
);
grant usage on schema history to service_role;
grant insert on history.event to service_role;
`;

/** Makes the witness's table and the clock that can be moved. The connection must be a superuser's. */
export async function layGround(admin: pg.Pool): Promise<void> {
  await admin.query(SCHEMA);
  await rewrite(admin, ["now"], (source) =>
    source.replace(
      "clock_timestamp()",
      "clock_timestamp() + coalesce(nullif(current_setting('app.clock_offset', true), '')::interval, '0')",
    ),
  );
}

/**
 * Moves the engine's clock for all sessions, each from its next statement on. app.fake_now would stop it; an offset that
 * every session reads moves it, which is why the run gives its own database an app.now() that adds one.
 */
export async function moveClock(admin: pg.Pool, seconds: number): Promise<void> {
  await admin.query(`alter system set "app.clock_offset" = '${seconds} seconds'`);
  await admin.query("select pg_reload_conf()");
}

/** The guards that can be taken out. */
export const BREAKS = {
  fencing: "writes are accepted whatever token they present",
  wakeup: "a lane is idle when no message is seen behind the cursor, without the lane's lock",
  lease: "claims take lanes that somebody holds",
} as const;
/** The name of a guard. */
export type Break = keyof typeof BREAKS;

const IDLE_BY_LOOKING = `begin
  if not exists (select from app.message_queue q where q.shard = p_ready.shard and q.queue = p_ready.queue
                    and q.lane_id = p_ready.lane_id and q.seq > p_upto) then
    delete from app.queue_ready r
     where r.shard = p_ready.shard and r.queue = p_ready.queue and r.lane_id = p_ready.lane_id;
    update app.queue_lane l set idle_at = p_upto
     where l.shard = p_ready.shard and l.queue = p_ready.queue and l.lane_id = p_ready.lane_id;
    return;
  end if;`;

/**
 * Takes a guard out of the engine.
 * @throws Error when it is not where it was: the change has to follow the engine
 */
export async function breakGuard(admin: pg.Pool, guard: Break): Promise<void> {
  if (guard === "fencing")
    await rewrite(admin, ["assert_lease"], (source) => source.replace(" and token = p_token", ""));
  if (guard === "lease")
    await rewrite(admin, ["get_next_queue_message", "pick_lanes", "pick_lanes_fairly"], (source) =>
      source.replaceAll(/r\.at <= (v_now|\(select v_now\))/g, "(r.at <= $1 or r.leased_by is not null)"),
    );
  if (guard === "wakeup") {
    await rewrite(admin, ["assert_lease"], (source) =>
      source.replace(/perform from app\.queue_lane [^;]*for update;/, ""),
    );
    await rewrite(admin, ["release_lane"], (source) => source.replace(/^begin$/m, IDLE_BY_LOOKING));
  }
}

/** Rewrites those of the engine's functions that exist; at least one has to change. */
async function rewrite(admin: pg.Pool, names: readonly string[], change: (source: string) => string): Promise<void> {
  const { rows } = await admin.query<{ source: string }>(
    `select pg_get_functiondef(p.oid) as source from pg_proc p
      where p.pronamespace = 'app'::regnamespace and p.proname = any ($1)`,
    [names],
  );
  const changed = rows.filter(({ source }) => change(source) !== source);
  if (changed.length === 0)
    throw new Error(
      `Nothing to change was found in app.${names.join(", app.")}: packages/bench/src/history/ground.ts has to follow the schema.`,
    );
  for (const { source } of changed) await admin.query(change(source));
}

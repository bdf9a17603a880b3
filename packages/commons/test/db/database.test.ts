// The pool and the one call, against a real Postgres.
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { callParsed, callRows, callValue, createDatabase, type Database } from "../../src/db/database.ts";
import { nextQueueAt } from "../../src/db/queue.ts";
import { searchKnowledge } from "../../src/db/tenancy.ts";
import { databaseOptions, describeWithPostgres, freeShard, openTestDatabase } from "../support/database.ts";
import { createWorld } from "../support/world.ts";

function poolOf(size: number) {
  const pool = createDatabase(databaseOptions(size));
  onTestFinished(() => pool.end());
  return pool;
}

describeWithPostgres("the pool", () => {
  test("takes the role and the limits that are below a lease", async () => {
    const { rows } = await poolOf(1).query(
      "select current_user as role, current_setting('statement_timeout') as statement, current_setting('application_name') as name",
      [],
    );
    expect(rows).toEqual([{ role: "service_role", statement: "15s", name: "switchboard test" }]);
  });

  test("keeps the login's role when none is named", async () => {
    const pool = createDatabase({ ...databaseOptions(1), role: "" });
    onTestFinished(() => pool.end());
    const { rows } = await pool.query("select current_user = session_user as same", []);
    expect(rows).toEqual([{ same: true }]);
  });

  test("lets more queries wait than it has connections", async () => {
    const pool = poolOf(2);
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => pool.query("select $1::int as n, pg_sleep(0.01)", [index])),
    );
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 64 }, (_, index) => index));
  });
});

describeWithPostgres("the call", () => {
  const db = openTestDatabase();

  test("gives bigint as number and times as ISO 8601 in UTC, whatever the session's zone", async () => {
    for (const zone of ["UTC", "Asia/Kolkata", "America/St_Johns"]) {
      const pool = poolOf(1);
      await pool.query(`set timezone = '${zone}'`, []);
      const { rows } = await pool.query(
        "select 9007199254740991::bigint as n, '2026-11-20T10:00:00.123Z'::timestamptz as at",
        [],
      );
      expect(rows).toEqual([{ n: 9007199254740991, at: "2026-11-20T10:00:00.123Z" }]);
    }
  });

  test("gives null where SQL does, and the rows of a function that returns rows", async () => {
    const shard = await freeShard(db);
    expect(await nextQueueAt(db, shard, "inbound")).toBeNull();
    expect(await callRows(db, "get_next_queue_message", { p_shard: shard, p_queue: "inbound", p_worker: "w" })).toEqual(
      [],
    );
  });

  test("leaves out what is undefined, so that the default counts", async () => {
    const texts: string[] = [];
    const recorder: Database = {
      query: (text) => {
        texts.push(text);
        return Promise.resolve({ rows: [] });
      },
    };
    await callValue(recorder, "worker_heartbeat", { p_id: "w", p_kind: "runner", p_detail: undefined });
    expect(texts).toEqual(["select * from app.worker_heartbeat(p_id => $1, p_kind => $2)"]);
  });

  test("takes texts with characters that Postgres refuses", async () => {
    const { shard, tenantId } = await createWorld(db);
    expect(await searchKnowledge(db, shard, tenantId, { query: "a\u0000b \ud800", limit: 1 })).toEqual([]);
  });

  test("says that schema and programs are of different versions, without a value of the answer", async () => {
    const call = { args: { p_drain: true }, result: z.object({ checks: z.object({ novelty: z.literal("private") }) }) };
    await expect(callParsed(db, "readiness", call)).rejects.toMatchObject({
      code: "schema_mismatch",
      message: expect.stringMatching(/app\.readiness .*checks\.novelty: invalid_value/),
    });
  });
});

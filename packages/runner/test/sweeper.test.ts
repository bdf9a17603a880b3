// One process among several sweeps. When it dies, another one does, and what the dead one might still send is refused.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { sweepShard } from "@switchboard/commons/db/sweeping.ts";
import { StaleLeaseError } from "@switchboard/commons/errors.ts";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";

const databaseUrl = process.env.TEST_DATABASE_URL || undefined;
const script = path.resolve(import.meta.dirname, "support/sweeper-process.ts");
/** Nobody's: nothing else is swept there. */
const SHARD = 32_767;

describe.skipIf(databaseUrl === undefined)("the leader among the runners", () => {
  const db = createDatabase({ url: databaseUrl ?? "", role: "service_role", size: 2, applicationName: "sweeper test" });
  afterAll(() => db.end());

  function startProcess(name: string, job: string): ChildProcess {
    const { PATH = "" } = process.env;
    const env = { PATH, TEST_DATABASE_URL: databaseUrl ?? "" };
    const child = spawn(process.execPath, [script, name, job, String(SHARD)], { env, stdio: "inherit" });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  }

  /** Who leads, as soon as it is not `other`. */
  async function leaderOf(job: string, other = ""): Promise<{ leader: string; token: number }> {
    const giveUpAt = Date.now() + 30_000;
    for (;;) {
      const sql = "select leader, token from app.leaders where job = $1 and leader <> $2 and expires_at > app.now()";
      const [row] = (await db.query(sql, [job, other])).rows;
      if (row !== undefined) return { leader: String(row.leader), token: Number(row.token) };
      if (Date.now() > giveUpAt) throw new Error("waited 30 s in vain for a leader");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Leaves a lease that ran out, and waits until somebody has swept it up. */
  async function isSwept(): Promise<void> {
    const key = randomUUID();
    const values = [SHARD, key];
    await db.query(
      "insert into app.leases (shard, kind, key, owner, token, acquired_at, expires_at) values ($1, 'message', $2, 'w', 0, app.now(), app.now())",
      values,
    );
    const giveUpAt = Date.now() + 30_000;
    while ((await db.query("select from app.leases where shard = $1 and key = $2", values)).rows.length > 0) {
      if (Date.now() > giveUpAt) throw new Error("waited 30 s in vain for a sweep");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test("is followed by another one when it is killed, and fenced off", async () => {
    const job = `test ${randomUUID()}`;
    const processes = new Map(["one", "two"].map((name) => [name, startProcess(name, job)]));
    const first = await leaderOf(job);
    await isSwept();

    const child = processes.get(first.leader);
    child?.kill("SIGKILL");
    if (child) await once(child, "exit");
    const second = await leaderOf(job, first.leader);
    expect(second.token).toBeGreaterThan(first.token);
    await isSwept();
    await expect(sweepShard(db, SHARD, first.token)).rejects.toThrow(StaleLeaseError);
  });

  test("lets another one lead when it stops in order", async () => {
    const job = `test ${randomUUID()}`;
    const one = startProcess("one", job);
    const first = await leaderOf(job);
    one.kill("SIGTERM");
    const [code] = await once(one, "exit");
    expect(code).toBe(0);
    expect((await db.query("select from app.leaders where job = $1", [job])).rows).toEqual([]);
    startProcess("two", job);
    expect((await leaderOf(job, "one")).token).toBeGreaterThan(first.token);
  });
});

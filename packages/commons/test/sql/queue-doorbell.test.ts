// The bell: a transaction that makes work tells those that sleep, and nobody else.
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { databaseUrl, describeWithPostgres } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type Connection, type House, withHouse } from "./support.ts";

const ears: pg.Client[] = [];
afterEach(async () => {
  await Promise.all(ears.splice(0).map((ear) => ear.end()));
});

/** Listens as the runner does; what it hears of a queue, in order. Other tests ring as well, but for other queues. */
async function listen(): Promise<string[]> {
  const ear = new pg.Client({ connectionString: databaseUrl });
  ears.push(ear);
  await ear.connect();
  const heard: string[] = [];
  ear.on("notification", ({ payload }) => heard.push(payload ?? ""));
  await ear.query("listen switchboard_queue");
  return heard;
}

/** Puts work into a lane of its own, in a transaction that also says when it was done. */
async function enqueue(connection: Connection, house: House, marker: string): Promise<void> {
  await connection.rows("begin");
  await connection.rows("select app.enqueue_message($1::smallint, 'webhook', $2, $3, 'work', '{}', 'c')", [
    house.shard,
    randomUUID(),
    house.tenantId,
  ]);
  await connection.rows("select pg_notify('switchboard_queue', $1)", [marker]);
  await connection.rows("commit");
}

describeWithPostgres("the doorbell", () => {
  test("rings for a worker that sleeps, and not when everybody is awake or the sleep is over", async () => {
    await withHouse(async (house, connection) => {
      const heard = await listen();
      const worker = `worker ${randomUUID()}`;
      const bell = (sleep: string | null) =>
        connection.rows("select app.set_doorbell('webhook', $1, $2)", [worker, sleep]);

      await enqueue(connection, house, "1: nobody sleeps");
      await bell("1 minute");
      await enqueue(connection, house, "2: somebody sleeps");
      await bell("-1 seconds");
      await enqueue(connection, house, "3: it has slept enough");
      await bell("1 minute");
      await bell(null);
      await enqueue(connection, house, "4: it is awake");

      await eventually(async () => heard.some((word) => word.startsWith("4")), "all was heard");
      expect(heard.filter((word) => word === "webhook" || /^\d:/.test(word))).toEqual([
        "1: nobody sleeps",
        "webhook",
        "2: somebody sleeps",
        "3: it has slept enough",
        "4: it is awake",
      ]);
    });
  });
});

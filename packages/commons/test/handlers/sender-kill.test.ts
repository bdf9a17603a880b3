// A sender is killed (SIGKILL) at every point of its conversation with Postgres and with WhatsApp, one after the other; then
// another sender takes over. On the customer's phone every answer is there exactly once, or the message is explicitly
// UNKNOWN and the simulator's own record says why: nothing had reached it. The sender is a process of its own, the
// simulator is the real one on its own port, and the sender's code has no hook for any of this.
import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { retryOutboundMessage } from "../../src/db/outbox.ts";
import { getNextQueueMessage } from "../../src/db/queue.ts";
import { sendHandler } from "../../src/handlers/send.ts";
import { type Cut, createCutter, httpProtocol, type Phase, postgresProtocol } from "../support/cutting-proxies.ts";
import { databaseUrl, describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { exitOf, startProgram, useSimulator } from "../support/simulator.ts";
import { createWorld, enqueueOutbound, type World } from "../support/world.ts";

/** All that a sender says to the outside for one message, in this order; the first test proves that there is no more. */
const EXCHANGES = [
  "connect",
  "get_next_queue_message",
  "start_outbound_attempt",
  "get_account",
  "mark_outbound_io",
  "POST",
  "finish_outbound_attempt",
] as const;
const PHASES: readonly Phase[] = ["not forwarded", "answer withheld", "answered"];
const cuts: Cut[] = EXCHANGES.flatMap((exchange) => PHASES.map((phase) => ({ exchange, phase })));

/** Between the mark being written and the request reaching WhatsApp nobody can know: these, and no others, are UNKNOWN. */
const inDoubt = (cut: Cut) =>
  (cut.exchange === "mark_outbound_io" && cut.phase !== "not forwarded") ||
  (cut.exchange === "POST" && cut.phase === "not forwarded");

const SENDER = path.join(import.meta.dirname, "../support/sender.ts");

interface Told {
  readonly biz_opaque_callback_data?: string;
  readonly status: string;
}

describeWithPostgres("a sender that is killed", () => {
  const db = openTestDatabase();
  const simulator = useSimulator(db);

  /** A customer with a number of ours of their own, who has written, and an answer that waits to be sent. */
  async function customer() {
    const world = await createWorld(db, { graphUrl: simulator.graph.GRAPH_API_URL });
    const phone = await simulator.introduce(world);
    const outboundId = await enqueueOutbound(world, { type: "text", text: "Hello" }, `key-${world.externalId}`);
    const arrived = () => simulator.call<Told[]>("GET", `/phones/${phone}/messages?direction=out`);
    const status = async () =>
      (await world.rows("select status from app.outbound_message where shard = $1"))[0]?.status as string;
    return { world, outboundId, arrived, status };
  }

  /** Runs a sender; returns what it said to the outside when it has ended or was killed. */
  async function runSender(world: World, cut: Cut | undefined): Promise<readonly string[]> {
    let child: ChildProcess | undefined;
    const cutter = createCutter(cut, () => child?.kill("SIGKILL"));
    const postgres = new URL(databaseUrl ?? "");
    const target = { host: postgres.hostname, port: Number(postgres.port || 5432) };
    const postgresPort = await cutter.listen(target, postgresProtocol);
    const graphPort = await cutter.listen({ host: "127.0.0.1", port: simulator.port }, httpProtocol);
    postgres.host = `127.0.0.1:${postgresPort}`;
    child = startProgram(SENDER, {
      DATABASE_URL: postgres.href,
      GRAPH_API_URL: `http://127.0.0.1:${graphPort}`,
      MASTER_KEYS: `k1:${btoa("k".repeat(32))}`,
      SHARD: String(world.shard),
    });
    await exitOf(child);
    expect(child.signalCode).toBe(cut === undefined ? null : "SIGKILL");
    expect(cut !== undefined || child.exitCode === 0).toBe(true);
    await cutter.close();
    return cutter.exchanges;
  }

  /** The other sender: the leases of the first have run out, and its own way to WhatsApp is free. */
  async function takeOver(world: World): Promise<void> {
    await world.timePasses();
    const options = { worker: "the other sender", lanes: 1, perLane: 1, leaseSeconds: 30 };
    const [lane] = await getNextQueueMessage(db, world.shard, "outbound", options);
    if (lane === undefined) return;
    await sendHandler.handle(lane, world.context, new AbortController().signal);
  }

  const isRead = (status: () => Promise<string>) =>
    eventually(async () => (await status()) === "READ", "the answer to be read");

  test("says exactly this to the outside, so that there is no boundary beside those below", async () => {
    const { world, arrived, status } = await customer();
    const exchanges = await runSender(world, undefined);
    expect(exchanges.filter((name, n) => name !== "connect" || n === 0)).toEqual(EXCHANGES);
    await isRead(status);
    expect(await arrived()).toHaveLength(1);
  });

  test.each(cuts)("$exchange, $phase", async (cut) => {
    const { world, outboundId, arrived, status } = await customer();
    await runSender(world, cut);
    await takeOver(world);

    if (inDoubt(cut)) {
      expect(await status()).toBe("UNKNOWN");
      expect(await arrived()).toEqual([]);
      // Nobody heard of it again: a person is asked, looks at the phone, and sends it again.
      await world.rows("update app.outbound_message set unknown_since = now() - interval '1 hour' where shard = $1");
      await takeOver(world);
      expect(await status()).toBe("PARKED");
      expect(await world.rows("select kind from public.tasks where shard = $1 and resolved_at is null")).toEqual([
        { kind: "send_unknown" },
      ]);
      expect(await arrived()).toEqual([]);
      await retryOutboundMessage(db, { shard: world.shard, tenantId: world.tenantId, outboundId });
      await takeOver(world);
    }
    await isRead(status);
    await takeOver(world);
    expect((await arrived()).map((told) => told.biz_opaque_callback_data)).toEqual([outboundId]);
    expect(await world.rows("select from app.message_queue where shard = $1 and queue = 'outbound'")).toEqual([]);
  });

  test("and no message was taken twice, says the simulator", async () => {
    const stats = await simulator.call<{ acceptedSends: number; duplicateSends: number }>("GET", "/stats");
    expect(stats.duplicateSends).toBe(0);
    expect(stats.acceptedSends).toBeGreaterThan(cuts.length);
  });
});

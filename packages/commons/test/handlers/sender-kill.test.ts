// A sender is killed (SIGKILL) at every point of its conversation with Postgres and with WhatsApp, one after the other; then
// another sender takes over. On the customer's phone every answer is there exactly once, or the message is explicitly
// UNKNOWN and the simulator's own record says why: nothing had reached it. The sender is a process of its own, the
// simulator is the real one on its own port, and the sender's code has no hook for any of this.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { retryOutboundMessage } from "../../src/db/outbox.ts";
import { getNextQueueMessage } from "../../src/db/queue.ts";
import { sendHandler } from "../../src/handlers/send.ts";
import { getProvider } from "../../src/providers/index.ts";
import { ingest } from "../../src/work/ingest.ts";
import { type Cut, createCutter, httpProtocol, type Phase, postgresProtocol } from "../support/cutting-proxies.ts";
import { databaseUrl, describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { startTestServer, type TestServer } from "../support/http-server.ts";
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

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const SENDER = path.join(import.meta.dirname, "../support/sender.ts");
const SIMULATOR_PORT = 21_000 + (process.pid % 8_000);
const SIMULATOR = `http://127.0.0.1:${SIMULATOR_PORT}`;
const GRAPH = { GRAPH_API_URL: SIMULATOR, GRAPH_API_VERSION: "v26.0" };

interface Told {
  readonly biz_opaque_callback_data?: string;
  readonly status: string;
}

async function simulator<T>(method: "GET" | "POST", route: string, body?: object): Promise<T> {
  const response = await fetch(`${SIMULATOR}${route}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
  // SAFETY: the routes of the simulator's README answer what the callers name.
  return (await response.json()) as T;
}

function start(file: string, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [file], { cwd: ROOT, env: { ...process.env, ...env }, stdio: "ignore" });
}

const exitOf = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => child.once("exit", () => resolve()));

describeWithPostgres("a sender that is killed", () => {
  const db = openTestDatabase();
  let door: TestServer;
  let phones: ChildProcess;
  let count = 0;

  beforeAll(async () => {
    door = await startTestServer((response, { body }) => {
      const events = getProvider("cloud_api", GRAPH).parse(body, { receivedAt: new Date() });
      ingest(db, "cloud_api", events, "corr-kill").then(
        () => response.end("{}"),
        () => response.writeHead(500).end(),
      );
    });
    phones = start("packages/simulator/src/main.ts", {
      SIMULATOR_PORT: String(SIMULATOR_PORT),
      SIMULATOR_WEBHOOK_URL: door.url,
      WHATSAPP_APP_SECRETS: "secret",
      WHATSAPP_VERIFY_TOKEN: "verify",
      SIMULATOR_ACCESS_TOKEN: "token",
      SUPABASE_URL: "",
      LOG_LEVEL: "warn",
    });
    await eventually(
      () =>
        fetch(`${SIMULATOR}/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      "the simulator to listen",
    );
  });
  afterAll(async () => {
    phones?.kill("SIGKILL");
    if (phones !== undefined) await exitOf(phones);
    await door?.close();
  });

  /** A customer with a number of ours of their own, who has written, and an answer that waits to be sent. */
  async function customer() {
    const world = await createWorld(db);
    count += 1;
    const phone = `1555${String(process.pid % 1000).padStart(3, "0")}${String(count).padStart(4, "0")}`;
    await simulator("POST", "/numbers", {
      phone_number_id: world.externalId,
      display_phone_number: `+1555990${count}`,
    });
    await simulator("POST", `/phones/${phone}/messages`, { type: "text", text: "hi", to: world.externalId });
    await eventually(
      async () => (await world.rows("select from public.conversations where shard = $1")).length === 1,
      "the customer's message",
    );
    const outboundId = await enqueueOutbound(world, { type: "text", text: "Hello" }, `key-${world.externalId}`);
    const arrived = () => simulator<Told[]>("GET", `/phones/${phone}/messages?direction=out`);
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
    const graphPort = await cutter.listen({ host: "127.0.0.1", port: SIMULATOR_PORT }, httpProtocol);
    postgres.host = `127.0.0.1:${postgresPort}`;
    child = start(SENDER, {
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
    const provider = (id: string) => getProvider(id, GRAPH);
    await sendHandler.handle(lane, { ...world.context, provider }, new AbortController().signal);
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
    const stats = await simulator<{ acceptedSends: number; duplicateSends: number }>("GET", "/stats");
    expect(stats.duplicateSends).toBe(0);
    expect(stats.acceptedSends).toBeGreaterThan(cuts.length);
  });
});

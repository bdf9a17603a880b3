// A runner that stands still for longer than its lease: another one takes its work over, and what the first one still
// believes to hold when it wakes up is refused. The fencing token at work, between real processes.
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { inheritedEnv } from "../../src/config.ts";
import { Program } from "../../src/programs.ts";
import { type E2e, portsOf, report, startE2e, waitFor } from "./e2e.ts";
import { readConversations } from "./ledger.ts";
import { startWire, type Wire } from "./wire.ts";

const BASE = 29350;
const LEASE_SECONDS = 2;
const ports = portsOf(BASE);
let e2e: E2e;
let wire: Wire | undefined;
let second: Program | undefined;

beforeAll(async () => {
  wire = await startWire(ports.wire, ports);
  const env = { QUEUE_LEASE_SECONDS: String(LEASE_SECONDS), GRAPH_API_URL: wire.url };
  e2e = await startE2e({ name: "frozen", base: BASE, env });
  second = secondRunner(e2e);
});
afterAll(async () => {
  await second?.stop();
  await e2e?.close();
  await wire?.close();
});
beforeEach(async () => {
  await second?.stop();
});

describe("a runner that freezes", () => {
  test("in the middle of a turn: the other one answers, the first one's answer is refused", async () => {
    const phone = "15558000001";
    const agents = [...e2e.stack.programs.values()].filter(({ name }) => name.startsWith("agent-"));
    for (const agent of agents) await agent.kill("SIGSTOP"); // the turn lasts as long as the test wants
    const frozen = freezeAt((body) => body.status === "read");
    await e2e.simulator.write(phone, "Is there parking?");
    await frozen;
    for (const agent of agents) await agent.kill("SIGCONT");
    await second?.start();
    await settle(phone, "inbound");
  });

  test("in the middle of a send: the other one goes on where the provider's status says, and nothing is sent again", async () => {
    const phone = "15558000002";
    const frozen = freezeAt((body) => body.biz_opaque_callback_data !== undefined);
    await e2e.simulator.write(phone, "Do you have wifi?");
    await frozen;
    await second?.start();
    await settle(phone, "outbound");
  });
});

/** Freezes the first runner when the next such request of it has left; the request itself reaches the provider. */
function freezeAt(fits: (body: Readonly<Record<string, unknown>>) => boolean): Promise<void> {
  return new Promise((resolve) => {
    wire?.intercept(
      ({ kind, body }) => kind === "graph" && body !== "" && fits(JSON.parse(body)),
      async () => {
        await e2e.stack.program("runner").kill("SIGSTOP");
        resolve();
        return "pass";
      },
    );
  });
}

/** Lets the second runner finish, wakes the first, sees it refused in that queue, and counts. */
async function settle(phone: string, queue: "inbound" | "outbound"): Promise<void> {
  await waitFor("the other runner has finished the work", async () => {
    const [conversation] = await readConversations(e2e.sql, [phone]);
    const [row] = await e2e.sql<{ ready: number }>("select count(*) as ready from app.queue_ready");
    return conversation?.outbound[0]?.status === "READ" && row?.ready === 0;
  });
  await e2e.stack.program("runner").kill("SIGCONT");
  await waitFor("the first runner was refused", async () => (await staleLeases(e2e, queue)) === 1);

  const [conversation] = await readConversations(e2e.sql, [phone]);
  expect(conversation?.turns).toEqual([expect.objectContaining({ status: "answered", replies: 1 })]);
  expect(conversation?.memory.map(({ role }) => role)).toEqual(["user", "assistant"]);
  const arrived = (await e2e.simulator.thread(phone)).filter(({ direction }) => direction === "out");
  expect(arrived.map((message) => message.biz_opaque_callback_data)).toEqual(
    conversation?.outbound.map(({ id }) => id),
  );
  expect((await e2e.simulator.stats()).duplicateSends).toBe(0);
  report("frozen", {
    queue,
    turns: conversation?.turns.length,
    tries: conversation?.turns[0]?.tries,
    arrived: arrived.length,
  });
}

/** Leases that the first runner found lost in a queue. */
async function staleLeases({ stack }: E2e, queue: string): Promise<number> {
  const status: { queues: Record<string, { stale: number }> } = await (
    await fetch(`${stack.urls.runner}/status`)
  ).json();
  return status.queues[queue]?.stale ?? 0;
}

/** A second runner of the same platform. */
function secondRunner({ stack, logs }: E2e): Program {
  const port = BASE + 7;
  return new Program({
    name: "runner-2",
    main: path.join(stack.root, "packages/runner/src/main.ts"),
    root: stack.root,
    port,
    portSetting: "RUNNER_PORT",
    env: { ...inheritedEnv(), ...stack.env, RUNNER_PORT: String(port) },
    restart: false,
    onLine: () => {},
    onEvent: (name, message) => logs.push(`${name}: ${message}`),
  });
}

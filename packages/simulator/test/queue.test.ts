// The calls of the page on the queue: what they ask of the platform, what they refuse, and what they say when it is not
// there. The platform is a small server that answers what the test tells it.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { demoNumber } from "../src/config.ts";
import { type Simulator, startSimulator } from "../src/server.ts";
import { ana } from "./desk.ts";

const lane = "0b0a7f4e-53d3-4d1c-9f7e-2a4f0f5f6a01";
const tally = { due: 1, resting: 0, backing_off: 0, leased: 0, expired: 0, parked: 0, waiting: 1, more: [] };
const times = { oldest_at: "2026-11-20T10:00:00Z", due_since: null, next_at: null };
const overview = {
  now: "2026-11-20T10:00:00Z",
  shard: 0,
  shards: [0],
  cap: 10000,
  dead: 0,
  queues: [
    {
      ...tally,
      ...times,
      queue: "inbound",
      pause: null,
      limit: null,
      dead: 0,
      scheduled: { work: 0, next_at: null },
      tenants: [],
      tenants_more: false,
    },
  ],
  pauses: [],
  workers: [],
};
const letter = {
  id: lane,
  queue: "inbound",
  lane_id: lane,
  seq: 1,
  tenant_id: lane,
  kind: "turn",
  correlation_id: "cor",
  tries: 12,
  error: { code: "x" },
  enqueued_at: "2026-11-20T10:00:00Z",
  dead_at: "2026-11-20T10:00:00Z",
};
type Asked = { readonly name: string; readonly args: unknown; readonly key: string | undefined };

let platform: Server;
let simulator: Simulator;
let asked: Asked[];
/** What the platform's functions answer: a value, or a status with a body. */
let answers: Record<string, unknown>;
let failure: { readonly status: number; readonly body: string } | undefined;

beforeEach(async () => {
  asked = [];
  failure = undefined;
  answers = {
    queue_overview: overview,
    list_lanes: { now: overview.now, lanes: [], next: null },
    list_dead_letters: [],
    get_lane: null,
    get_dead_letter: [{ ...letter, payload: { text: "<b>" } }],
    replay_dead_letter: 7,
    replay_dead_letters: 3,
    discard_dead_letters: 2,
    resume_queue: true,
  };
  platform = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const name = (request.url ?? "").replace("/rest/v1/rpc/", "");
    const { apikey } = request.headers;
    asked.push({ name, args: JSON.parse(body), key: typeof apikey === "string" ? apikey : undefined });
    response.statusCode = failure?.status ?? (name in answers ? 200 : 204);
    response.end(failure?.body ?? (name in answers ? JSON.stringify(answers[name]) : ""));
  });
  await new Promise<void>((resolve) => platform.listen(0, "127.0.0.1", resolve));
  // SAFETY: a listening TCP server has an AddressInfo.
  simulator = await open(`http://127.0.0.1:${(platform.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await simulator.stop();
  platform.closeAllConnections();
  await new Promise((resolve) => platform.close(resolve));
});

describe("the page", () => {
  it("is served with its own files, and leads to the phone and back", async () => {
    const html = await (await fetch(`${simulator.url}/queue`)).text();
    expect(html).toContain('type="importmap">{"imports":{"preact"');
    const files = [...html.matchAll(/(?:href|src)="(\/page\/[^"]+)"/g)].map(([, file]) => file ?? "");
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) expect((await fetch(simulator.url + file)).status, file).toBe(200);
  });

  it("imports nothing that is not served", async () => {
    const seen = new Set<string>(["/page/queue-app.ts"]);
    for (const file of seen) {
      const response = await fetch(simulator.url + file);
      expect(response.status, file).toBe(200);
      for (const [, name] of (await response.text()).matchAll(/from "\.\/([^"]+)"/g)) seen.add(`/page/${name}`);
    }
    expect(seen.size).toBeGreaterThan(8);
  });
});

describe("a snapshot", () => {
  it("asks for what the filter says, with the key, and hands on what there is", async () => {
    answers.list_dead_letters = Array.from({ length: 26 }, () => ({ ...letter, tenant: "demo" }));
    const query = `shard=3&queue=inbound&tenant_id=${lane}&state=backing_off&code=x&from=2026-11-20T10:00:00.5Z&skip=4`;
    const { status, json } = await get(`snapshot?${query}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ overview, letters_more: true, lanes: { lanes: [] } });
    expect(json).not.toHaveProperty("lane");
    expect(z.object({ letters: z.array(z.unknown()) }).parse(json).letters).toHaveLength(25);
    const filter = { p_shard: 3, p_queue: "inbound", p_tenant_id: lane };
    expect(asked).toEqual(
      expect.arrayContaining([
        { name: "queue_overview", args: { p_shard: 3 }, key: "sb_secret_x" },
        {
          name: "list_lanes",
          args: { ...filter, p_state: "backing_off", p_from: "2026-11-20T10:00:00.5Z", p_skip: 4, p_limit: 50 },
          key: "sb_secret_x",
        },
        { name: "list_dead_letters", args: { ...filter, p_code: "x", p_limit: 26 }, key: "sb_secret_x" },
      ]),
    );
  });

  it("asks for the overview once, however many pages look at the same moment", async () => {
    await Promise.all(Array.from({ length: 5 }, () => get("snapshot")));
    expect(asked.filter(({ name }) => name === "queue_overview")).toHaveLength(1);
    expect(asked.filter(({ name }) => name === "list_lanes")).toHaveLength(5);
  });

  it("names the phone that a lane is the conversation of, and keeps the message's id to itself", async () => {
    const written = await fetch(`${simulator.url}/phones/${ana}/messages`, {
      method: "POST",
      body: JSON.stringify({ type: "text", text: "hi" }),
    });
    const { id } = z.object({ id: z.string() }).parse(await written.json());
    answers.get_lane = { ...emptyLane, latest_message_id: id };
    const { json } = await get(`snapshot?lane_queue=inbound&lane_id=${lane}`);
    expect(json).toMatchObject({ lane: { lane_id: lane, customer: ana } });
    expect(JSON.stringify(json)).not.toContain(id);
    answers.get_lane = null;
    expect((await get(`snapshot?lane_queue=inbound&lane_id=${lane}`)).json).toMatchObject({ lane: null });
  });

  it.each([
    ["queue=other", "queue"],
    ["state=odd", "state"],
    ["tenant_id=1", "tenant_id"],
    ["skip=10001", "skip"],
    ["from=yesterday", "from"],
    [`after_id=${lane}`, "come together"],
    ["lane_queue=inbound", "come together"],
    ["shard=x", "shard"],
    ["unknown=1", "unknown"],
  ])("refuses %s", async (query, word) => {
    const { status, json } = await get(`snapshot?${query}`);
    expect(status).toBe(400);
    expect(JSON.stringify(json)).toContain(word);
    expect(asked).toEqual([]);
  });
});

describe("what people do", () => {
  it.each([
    ["wake", { queue: "inbound", lane_id: lane }, "wake_lane", { p_queue: "inbound", p_lane_id: lane }, { done: true }],
    [
      "pause",
      { queue: "inbound", reason: " why " },
      "pause_queue",
      { p_queue: "inbound", p_reason: "why" },
      { done: true },
    ],
    [
      "resume",
      { queue: "outbound", tenant_id: lane },
      "resume_queue",
      { p_queue: "outbound", p_tenant_id: lane },
      { done: true },
    ],
    [`dead-letters/${lane}/replay`, {}, "replay_dead_letter", { p_id: lane }, { seq: 7 }],
    [
      `dead-letters/${lane}/discard`,
      { reason: "old" },
      "discard_dead_letter",
      { p_id: lane, p_reason: "old" },
      { done: true },
    ],
    ["dead-letters/replay", { code: "x" }, "replay_dead_letters", { p_code: "x", p_limit: 200 }, { letters: 3 }],
    [
      "dead-letters/discard",
      { reason: "old", limit: 5 },
      "discard_dead_letters",
      { p_reason: "old", p_limit: 5 },
      { letters: 2 },
    ],
  ])("%s", async (path, body, name, args, answer) => {
    expect(await post(path, body)).toEqual({ status: 200, json: answer });
    expect(asked).toEqual([{ name, args: { p_shard: 0, ...args }, key: "sb_secret_x" }]);
  });

  it("shows the payload of a dead letter when it is asked for", async () => {
    expect((await get(`dead-letters/${lane}`)).json).toMatchObject({ payload: { text: "<b>" } });
    answers.get_dead_letter = [];
    expect((await get(`dead-letters/${lane}`)).status).toBe(404);
  });

  it.each([
    ["pause", { queue: "inbound", reason: " " }],
    ["pause", { reason: "x" }],
    ["wake", { queue: "inbound" }],
    [`dead-letters/${lane}/discard`, {}],
    ["dead-letters/discard", {}],
    ["dead-letters/replay", { limit: 5000 }],
    ["dead-letters/1/replay", {}],
  ])("refuses %s with %j", async (path, body) => {
    expect((await post(path, body)).status).toBe(400);
    expect(asked).toEqual([]);
  });

  it("refuses other web pages, also those that gave this machine a name of theirs", async () => {
    const url = `${simulator.url}/queue/api/wake`;
    const body = JSON.stringify({ queue: "inbound", lane_id: lane });
    const cross = await fetch(url, { method: "POST", body, headers: { "sec-fetch-site": "cross-site" } });
    expect(cross.status).toBe(403);
    const { port } = new URL(simulator.url);
    const { request } = await import("node:http");
    const status = await new Promise((resolve, reject) => {
      const call = request({
        host: "127.0.0.1",
        port,
        path: "/queue/api/snapshot",
        headers: { host: `evil.example:${port}` },
      });
      call.on("response", (response) => resolve(response.statusCode)).on("error", reject);
      call.end();
    });
    expect(status).toBe(403);
    expect(asked).toEqual([]);
  });
});

describe("the platform's refusals", () => {
  it.each([
    [400, { code: "SB409", message: "it was replayed before" }, 409, "it was replayed before"],
    [400, { code: "SB404", message: "there is no dead letter" }, 404, "there is no dead letter"],
    [400, { code: "SB400", message: "name a tenant or a lane" }, 400, "name a tenant or a lane"],
    [400, { code: "22P02", message: "invalid input" }, 400, "invalid input"],
    [404, { code: "PGRST202", message: "no function wake_lane" }, 502, "no function wake_lane"],
    [401, { message: "wrong key" }, 502, "wrong key"],
  ])("%i %j becomes %i", async (status, body, expected, words) => {
    failure = { status, body: JSON.stringify(body) };
    const answer = await post(`dead-letters/${lane}/replay`, {});
    expect(answer.status).toBe(expected);
    expect(JSON.stringify(answer.json)).toContain(words);
  });

  it("a gateway without anything behind it, and an answer of another version", async () => {
    failure = { status: 502, body: "<html>bad gateway</html>" };
    expect((await get("snapshot")).status).toBe(503);
    failure = undefined;
    answers.list_lanes = { lanes: "many" };
    const { status, json } = await get("snapshot");
    expect(status).toBe(502);
    expect(JSON.stringify(json)).toContain("migrations");
  });

  it("nothing there: it says so, and works again as soon as something is", async () => {
    const { port } = new URL(await stopPlatform());
    const gone = await get("snapshot");
    expect(gone.status).toBe(503);
    expect(JSON.stringify(gone.json)).toContain("Is it running?");
    await new Promise<void>((resolve) => platform.listen(Number(port), "127.0.0.1", resolve));
    expect((await get("snapshot")).status).toBe(200);
  });

  it("nobody said where it is", async () => {
    await simulator.stop();
    simulator = await open(undefined);
    const { status, json } = await get("snapshot");
    expect(status).toBe(503);
    expect(JSON.stringify(json)).toContain("SUPABASE_URL");
  });
});

const emptyLane = {
  queue: "inbound",
  lane_id: lane,
  conversation_id: lane,
  tenant_id: null,
  tenant: null,
  state: "idle",
  priority: null,
  tries: null,
  lost: null,
  leased_by: null,
  token: null,
  at: null,
  oldest_at: null,
  done: 1,
  depth: 0,
  pauses: [],
  messages: [],
  last_error: null,
};

/** A simulator that finds the platform there; undefined: it was told of none. */
function open(supabaseUrl: string | undefined): Promise<Simulator> {
  return startSimulator({
    port: 0,
    webhookUrl: "http://127.0.0.1:1/none",
    appSecret: "s",
    verifyToken: "v",
    accessToken: "t",
    numbers: [demoNumber],
    ...(supabaseUrl === undefined ? {} : { trace: { supabaseUrl, secretKey: "sb_secret_x" } }),
  });
}

async function stopPlatform(): Promise<string> {
  // SAFETY: a listening TCP server has an AddressInfo.
  const url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`;
  platform.closeAllConnections();
  await new Promise((resolve) => platform.close(resolve));
  return url;
}

async function get(path: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${simulator.url}/queue/api/${path}`);
  return { status: response.status, json: await response.json() };
}

async function post(path: string, body: unknown): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${simulator.url}/queue/api/${path}`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, json: await response.json() };
}

// A running copy: registers, is found through HTTP, and stops without losing a turn.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import type { Database } from "@switchboard/commons/db/database.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { describe, expect, test } from "vitest";
import { defineAgent } from "../src/define-agent.ts";
import { keepRegistered } from "../src/registration.ts";
import { PortUnavailableError, startServer } from "../src/server.ts";
import { readAgentSettings } from "../src/settings.ts";
import { turnOf } from "./support.ts";

const DB_URL = "postgresql://127.0.0.1:1/postgres";
const log = createLogger("test", "silent");

/** Remembers the functions that were called; fails as a Postgres does that is away, while told so. */
function fakeDatabase() {
  const calls: string[] = [];
  const state = { away: false };
  const db: Database = {
    query: async (text, values) => {
      if (state.away) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
      calls.push(`${/app\.(\w+)/.exec(text)?.[1]} ${values.join(" ")}`);
      return { rows: [{}] };
    },
  };
  return { db, calls, state };
}

function agentOf(respond: () => Promise<string>) {
  return defineAgent({
    name: "test",
    description: "A test.",
    purpose: "questions about the test",
    instructions: "",
    tools: {},
    timeoutMs: 4000,
    respond: async () => ({ replies: [{ type: "text", text: await respond() }], actions: [], usage: {} }),
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  // SAFETY: a server that listens on a port has an address of this form.
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function start(respond: () => Promise<string>) {
  const port = await freePort();
  const database = fakeDatabase();
  const settings = readAgentSettings({ AGENT_PORT: String(port), SUPABASE_DB_URL: DB_URL });
  const options = { settings, agents: { test: agentOf(respond) }, db: database.db, log, version: "1", drainMs: 3000 };
  const server = await startServer(options);
  const post = () =>
    fetch(`${settings.url}/turn`, { method: "POST", body: JSON.stringify(turnOf(["hi"], { agent: "test" })) });
  return { ...database, server, options, settings, post };
}

describe("a copy of the agent service", () => {
  test("registers, finishes the turn in flight when it stops, and leaves the registry", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { server, calls, settings, post } = await start(() => promise);
    await expect
      .poll(() => calls)
      .toEqual([
        "register_service agent:test agent 5000 3",
        `register_service_endpoint agent:test ${settings.url} true`,
      ]);
    const turn = post();
    const inFlight = async () => (await (await fetch(`${settings.url}/health`)).json()).inFlight;
    await expect.poll(inFlight).toBe(1);
    const stopped = server.stop();
    await expect.poll(async () => (await fetch(`${settings.url}/health`)).status).toBe(503);
    await expect.poll(() => calls.at(-1)).toBe(`deregister_service_endpoint agent:test ${settings.url}`);
    resolve("finished");
    expect(await (await turn).json()).toMatchObject({ replies: [{ text: "finished" }] });
    expect(await stopped).toBe(true);
    await expect(fetch(`${settings.url}/health`)).rejects.toThrow();
  });

  test("notices a caller who hangs up", async () => {
    const { server, settings } = await start(() => new Promise(() => {}));
    const caller = new AbortController();
    const turn = fetch(`${settings.url}/turn`, {
      method: "POST",
      body: JSON.stringify(turnOf(["hi"], { agent: "test" })),
      signal: caller.signal,
    });
    const inFlight = async () => (await (await fetch(`${settings.url}/health`)).json()).inFlight;
    await expect.poll(inFlight).toBe(1);
    caller.abort();
    await expect(turn).rejects.toThrow();
    await expect.poll(inFlight).toBe(0);
    expect(await server.stop()).toBe(true);
  });

  test("names AGENT_PORT when the port is taken", async () => {
    const { server, options } = await start(async () => "hi");
    await expect(startServer(options)).rejects.toThrow(PortUnavailableError);
    await expect(startServer(options)).rejects.toThrow(/AGENT_PORT/);
    await server.stop();
  });
});

describe("registration", () => {
  test("waits for Postgres, beats, and starts anew only once", async () => {
    const { db, calls, state } = fakeDatabase();
    state.away = true;
    const agents = [agentOf(async () => "hi")];
    const registration = keepRegistered({ db, agents, url: "http://a", log, heartbeatMs: 20 });
    expect(registration.registered).toBe(false);
    state.away = false;
    await expect.poll(() => calls.length, { timeout: 5000 }).toBeGreaterThan(3);
    expect(registration.registered).toBe(true);
    expect(calls.slice(0, 3)).toEqual([
      "register_service agent:test agent 5000 3",
      "register_service_endpoint agent:test http://a true",
      "register_service_endpoint agent:test http://a false",
    ]);
    await registration.stop();
    expect(calls.at(-1)).toBe("deregister_service_endpoint agent:test http://a");
  });

  test("registers the service again when the database was made anew", async () => {
    const { db, calls } = fakeDatabase();
    let fresh = false;
    const forgetful: Database = {
      query: async (text, values) => {
        if (text.includes("register_service(")) fresh = false;
        if (fresh) throw Object.assign(new Error("violates foreign key constraint"), { code: "23503" });
        return await db.query(text, values);
      },
    };
    const agents = [agentOf(async () => "hi")];
    const registration = keepRegistered({ db: forgetful, agents, url: "http://a", log, heartbeatMs: 20 });
    await expect.poll(() => registration.registered).toBe(true);
    fresh = true;
    const registrations = () => calls.filter((call) => call.startsWith("register_service ")).length;
    await expect.poll(registrations, { timeout: 5000 }).toBe(2);
    await registration.stop();
  });

  test("stops although Postgres is away", async () => {
    const { db, state } = fakeDatabase();
    state.away = true;
    const registration = keepRegistered({ db, agents: [agentOf(async () => "hi")], url: "http://a", log });
    await registration.stop();
    expect(registration.registered).toBe(false);
  });
});

describe("settings", () => {
  test("listen on this machine only, unless callers come from elsewhere", () => {
    expect(readAgentSettings({ SUPABASE_DB_URL: DB_URL })).toMatchObject({
      url: "http://127.0.0.1:4040",
      host: "127.0.0.1",
    });
    expect(readAgentSettings({ SUPABASE_DB_URL: DB_URL, AGENT_URL: "http://agents.internal:80/" })).toMatchObject({
      url: "http://agents.internal:80",
      host: "0.0.0.0",
    });
  });

  test("name what is missing", () => {
    expect(() => readAgentSettings({})).toThrow(/SUPABASE_DB_URL is not set/);
    expect(() => readAgentSettings({ SUPABASE_DB_URL: DB_URL, LLM_BASE_URL: "http://x/v1" })).toThrow(/LLM_MODEL/);
  });
});

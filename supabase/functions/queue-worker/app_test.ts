// The serverless drain's door: who may open it, and how it runs.
import { match, ok, deepStrictEqual as same } from "node:assert/strict";
import { DatabaseUnavailableError } from "@switchboard/commons/errors.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { createApp, type Drained, drainOnceNow } from "./app.ts";

const KEYS = { default: "sb_secret_one", second: "sb_secret_two" };
const URL_OF_DOOR = "http://door.test/queue-worker";

/** A door, and how often it drained. */
function doorOf(drain: () => Promise<Drained> = () => Promise.resolve({ handled: 1, failed: 0 }), keys: object = KEYS) {
  const done = { drains: 0 };
  const lines: string[] = [];
  const app = createApp({
    settings: { SUPABASE_SECRET_KEYS: { ...keys }, LOG_LEVEL: "info" },
    log: createLogger("test", "debug", (line) => lines.push(line)),
    drain: () => {
      done.drains += 1;
      return drain();
    },
  });
  return { app, done, lines };
}

const call = (key?: string) =>
  new Request(URL_OF_DOOR, { method: "POST", headers: key === undefined ? {} : { apikey: key } });

for (const [name, key] of [
  ["no key", undefined],
  ["an empty key", ""],
  ["a wrong key", "sb_secret_three"],
  ["the beginning of a key", "sb_secret_on"],
] as const)
  Deno.test(`${name} is refused, and nothing is drained`, async () => {
    const { app, done } = doorOf();
    const response = await app.request(call(key));
    same([response.status, done.drains], [401, 0]);
  });

Deno.test("an empty key among the project's keys opens nothing", async () => {
  const { app, done } = doorOf(undefined, { default: "" });
  same([(await app.request(call(""))).status, done.drains], [401, 0]);
});

for (const key of Object.values(KEYS))
  Deno.test(`the key ${key} drains, and tells what was done`, async () => {
    const { app, done } = doorOf();
    const response = await app.request(call(key));
    same([response.status, done.drains], [200, 1]);
    same(await response.json(), { handled: 1, failed: 0 });
    ok(response.headers.has("x-correlation-id"));
  });

Deno.test("calls during a run share the next one", async () => {
  const ends: (() => void)[] = [];
  const { app, done } = doorOf(
    () => new Promise((resolve) => ends.push(() => resolve({ handled: ends.length, failed: 0 }))),
  );
  const calls = [1, 2, 3].map(() => app.request(call(KEYS.default)));
  while (ends.length < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  ends[0]?.();
  while (ends.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  ends[1]?.();
  same(await Promise.all(calls.map(async (each) => (await each).status)), [200, 200, 200]);
  same(done.drains, 2);
});

Deno.test("a database that is away is 503 with a time to come back", async () => {
  const { app } = doorOf(() => Promise.reject(new DatabaseUnavailableError("away", { code: "NETWORK" })));
  const response = await app.request(call(KEYS.default));
  same([response.status, response.headers.get("retry-after")], [503, "5"]);
});

Deno.test("anything else is 500, told in the log only", async () => {
  const { app, lines } = doorOf(() => Promise.reject(new Error("MASTER_KEYS is not set")));
  const response = await app.request(call(KEYS.default));
  same(response.status, 500);
  ok(!(await response.text()).includes("MASTER_KEYS"));
  match(lines.join(), /MASTER_KEYS is not set/);
});

for (const [method, path, status] of [
  ["GET", "/queue-worker", 405],
  ["OPTIONS", "/queue-worker", 405],
  ["POST", "/queue-worker/elsewhere", 404],
] as const)
  Deno.test(`${method} ${path} is ${status}`, async () => {
    const response = await doorOf().app.request(`http://door.test${path}`, { method });
    same(response.status, status);
  });

const databaseUrl = Deno.env.get("TEST_DATABASE_URL") ?? "";
const name = "a run over the queues of a real Postgres ends, and leaves no worker behind";
Deno.test({
  name: databaseUrl === "" ? `${name} (skipped: TEST_DATABASE_URL is not set)` : name,
  ignore: databaseUrl === "",
  fn: async () => {
    Deno.env.set("SUPABASE_DB_URL", databaseUrl);
    Deno.env.set("SUPABASE_URL", "http://127.0.0.1:1"); // its Storage is away: no file is fetched here
    Deno.env.set("SUPABASE_SECRET_KEYS", '{"default":"sb_secret_none"}');
    Deno.env.set("MASTER_KEYS", `k1:${btoa("k".repeat(32))}`);
    const lines: string[] = [];
    const log = createLogger("test", "debug", (line) => lines.push(line));
    const drained = await drainOnceNow(log, 1_000);
    same(Object.keys(drained), ["handled", "failed"]);
    match(lines.join(), /queues drained/);
    ok(!lines.join().includes("no goodbye"));
  },
});

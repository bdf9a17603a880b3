// The health door.
import { match, ok, deepStrictEqual as same } from "node:assert/strict";
import { createDatabase, type Database } from "@switchboard/commons/db/database.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { createApp } from "./app.ts";

/** A door whose database answers so. */
function doorOf(answer: () => unknown) {
  const asked: unknown[] = [];
  const db: Database = {
    query: (_text, values) => {
      asked.push(...values);
      return Promise.resolve({ rows: [{ readiness: answer() }] });
    },
  };
  return { asked, app: createApp({ db, log: createLogger("test", "silent"), drain: true }) };
}

Deno.test("/live says that the function runs, without asking Postgres", async () => {
  const { app, asked } = doorOf(() => undefined);
  const response = await app.request("http://door.test/health/live");
  same([response.status, await response.json()], [200, { live: true }]);
  same(asked, []);
  ok(response.headers.has("x-correlation-id"));
});

Deno.test("/ready is 200 when a message would be answered", async () => {
  const checks = { worker: true, account: true, agent: true };
  const { app, asked } = doorOf(() => ({ ready: true, checks }));
  const response = await app.request("http://door.test/health/ready");
  same([response.status, await response.json()], [200, { ready: true, checks: { database: true, ...checks } }]);
  same(asked, [true]);
});

Deno.test("/ready is 503 and says what is missing", async () => {
  const checks = { worker: true, account: "no active account with credentials: run npm run account:add", agent: true };
  const response = await doorOf(() => ({ ready: false, checks })).app.request("http://door.test/health/ready");
  same([response.status, (await response.json()).checks.account], [503, checks.account]);
});

for (const [name, answer] of [
  [
    "is away",
    () => {
      throw Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    },
  ],
  ["answers in another form", () => ({ fine: true })],
] as const)
  Deno.test(`/ready is 503 when Postgres ${name}`, async () => {
    const response = await doorOf(answer).app.request("http://door.test/health/ready");
    same(response.status, 503);
    match((await response.json()).checks.database, /supabase db push/);
  });

Deno.test("another path is 404 and names the right ones", async () => {
  const response = await doorOf(() => undefined).app.request("http://door.test/health");
  same(response.status, 404);
  match(await response.text(), /\/health\/ready/);
});

const databaseUrl = Deno.env.get("TEST_DATABASE_URL") ?? "";
const name = "/ready of a real Postgres has a value for each check";
Deno.test({
  name: databaseUrl === "" ? `${name} (skipped: TEST_DATABASE_URL is not set)` : name,
  ignore: databaseUrl === "",
  fn: async () => {
    const db = createDatabase({ url: databaseUrl, role: "service_role", size: 1, applicationName: "test" });
    try {
      const app = createApp({ db, log: createLogger("test", "silent"), drain: true });
      const { checks } = await (await app.request("http://door.test/health/ready")).json();
      same([checks.database, checks.worker], [true, true]);
      ok("account" in checks && "agent" in checks);
    } finally {
      await db.end();
    }
  },
});

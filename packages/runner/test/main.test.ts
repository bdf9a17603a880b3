// The runner as a program: starts, says how it is, works, and stops; or says in one line why it does not start.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { ingestEvents } from "@switchboard/commons/db/intake.ts";
import { configureTenant, upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { describe, expect, onTestFinished, test } from "vitest";

const main = path.resolve(import.meta.dirname, "../src/main.ts");
/** A project whose Storage is away: no file is fetched here. */
const PROJECT = { SUPABASE_URL: "http://127.0.0.1:1", SUPABASE_SECRET_KEYS: '{"default":"sb_secret_none"}' };
const databaseUrl = process.env.TEST_DATABASE_URL || undefined;
/** The reserved port 1: nothing listens there. */
const AWAY = "postgresql://postgres@127.0.0.1:1/none";
const MASTER_KEYS = `k1:${btoa("k".repeat(32))}`;

/** A runner that was started. */
interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  /** Its log so far. */
  readonly lines: Record<string, unknown>[];
  /** What it wrote besides its log. */
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
}

async function startRunner(env: Record<string, string>, port?: number): Promise<Started> {
  const runnerPort = port ?? (await freePort());
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [main], {
    // Sessions of other tests are none of its business.
    env: { PATH, RUNNER_PORT: String(runnerPort), MASTER_KEYS, SESSION_CAP: "0", ...PROJECT, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: Record<string, unknown>[] = [];
  let rest = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line)));
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exit = once(child, "close").then(([code]) => code);
  return { child, port: runnerPort, lines, stderr: () => stderr, exit };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Asks again and again until there is an answer. */
async function eventually<T>(probe: () => Promise<T | undefined>, what: string): Promise<T> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (Date.now() > giveUpAt) throw new Error(`waited 30 s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The runner's health page, once it is 200 and `fits`. */
function healthOf({ port }: Started, fits: (health: { listening?: boolean }) => boolean = () => true) {
  return eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    const health = response?.status === 200 ? await response.json() : undefined;
    return health !== undefined && fits(health) ? health : undefined;
  }, "the health page");
}

describe("a runner that cannot start", () => {
  test("names every setting that is missing, in one line", async () => {
    const runner = await startRunner({ MASTER_KEYS: "" });
    expect(await runner.exit).toBe(1);
    expect(runner.lines).toHaveLength(1);
    expect(runner.lines[0]).toMatchObject({ level: "error", component: "runner" });
    expect(runner.lines[0]?.message).toMatch(/SUPABASE_DB_URL is not set\n.*MASTER_KEYS is not set/);
    expect(runner.stderr()).toBe("");
  });

  test("names MASTER_KEYS when they are malformed, and not what they are", async () => {
    const runner = await startRunner({ SUPABASE_DB_URL: AWAY, MASTER_KEYS: "k1:c2VjcmV0" });
    expect(await runner.exit).toBe(1);
    expect(runner.lines).toHaveLength(1);
    expect(runner.lines[0]?.message).toContain("MASTER_KEYS must be");
    expect(JSON.stringify(runner.lines)).not.toContain("c2VjcmV0");
    expect(runner.stderr()).toBe("");
  });

  test("names RUNNER_PORT when the port is taken, before it touches any work", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const runner = await startRunner({ SUPABASE_DB_URL: AWAY }, port);
    expect(await runner.exit).toBe(1);
    expect(runner.lines.map(({ message }) => message)).toEqual([
      `Port ${port} is taken; set RUNNER_PORT to a free one.`,
    ]);
    expect(runner.stderr()).toBe("");
  });
});

describe("a runner without Postgres", () => {
  test("runs, says that it does not listen, goes on trying, and stops in order", async () => {
    const runner = await startRunner({ SUPABASE_DB_URL: AWAY });
    expect(await healthOf(runner)).toMatchObject({ status: "ok", listening: false });
    await eventually(
      async () => runner.lines.filter(({ message }) => message === "cannot claim work; trying again")[2],
      "more than one try for each queue",
    );
    runner.child.kill("SIGTERM");
    expect(await runner.exit).toBe(0);
    expect(runner.stderr()).toBe("");
  });
});

describe.skipIf(databaseUrl === undefined)(
  `a runner with Postgres${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
  () => {
    const settings = { SUPABASE_DB_URL: databaseUrl ?? "", QUEUE_POLL_SECONDS: "300" };

    test("is registered, hears of work, and takes its leave", async () => {
      const db = createDatabase({ url: databaseUrl ?? "", role: "", size: 1, applicationName: "switchboard test" });
      onTestFinished(() => db.end());
      const runner = await startRunner(settings);
      const { worker } = await healthOf(runner, ({ listening }) => listening === true);
      const registered = async () => (await db.query("select 1 from app.workers where id = $1", [worker])).rows.length;
      expect(await registered()).toBe(1);
      const status = await (await fetch(`http://127.0.0.1:${runner.port}/status`)).json();
      expect(status).toMatchObject({
        worker,
        listening: true,
        queues: { inbound: { active: expect.any(Number) }, outbound: {} },
      });

      const conversation = await receiveMessage(db);
      const turn = await eventually(async () => {
        const text = "select error from app.turns where shard = 0 and conversation_id = $1 and error is not null";
        return (await db.query(text, [conversation])).rows[0];
      }, "the try of the turn, long before the next poll");
      expect(turn).toMatchObject({ error: { code: "NO_ENDPOINT" } });

      runner.child.kill("SIGTERM");
      expect(await runner.exit).toBe(0);
      expect(await registered()).toBe(0);
      expect(runner.stderr()).toBe("");
    });

    test("a second signal does not wait any longer", async () => {
      const runner = await startRunner(settings);
      await healthOf(runner);
      runner.child.kill("SIGINT");
      runner.child.kill("SIGTERM");
      expect([0, 1]).toContain(await runner.exit);
    });
  },
);

/** A message to an account whose agent nobody runs; returns its conversation. */
async function receiveMessage(db: ReturnType<typeof createDatabase>): Promise<unknown> {
  const id = crypto.randomUUID();
  const tenant = await upsertTenant(db, 0, `runner-${id}`, "Runner");
  await configureTenant(db, 0, tenant, { burstQuietMs: 0, burstMaxWaitMs: 0 });
  const number = { provider: "cloud_api", externalId: id, displayPhone: "", name: "Runner", agent: "agent:nobody" };
  await upsertWhatsappAccount(db, 0, tenant, number);
  const message = { id: `wamid.${id}`, type: "text", text: "Hi", content: {} };
  const event = { kind: "message", key: id, account: id, occurred_at: new Date().toISOString(), correlation_id: id };
  const identities = [{ kind: "phone", value: "15550100" }];
  await ingestEvents(db, "cloud_api", [{ ...event, wakes_agent: true, identities, message }]);
  const { rows } = await db.query("select id from public.conversations where tenant_id = $1", [tenant]);
  const conversation = rows[0]?.id;
  onTestFinished(async () => {
    await db.query("delete from app.queue_lane where shard = 0 and lane_id = $1", [conversation]);
  });
  return conversation;
}

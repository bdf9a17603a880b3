// Starting and stopping: after a kill, beside another platform, on taken ports, broken off in the middle.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../src/processes.ts";
import { type Stack, type StackOptions, startStack } from "../src/stack.ts";
import { answering, createProject, denoDir, notesMigration, portsFrom } from "./project.ts";

const program = `
import http from "node:http";
const port = Number(process.env.RUNNER_PORT);
http.createServer((_request, response) => response.end(JSON.stringify({ pid: process.pid }))).listen(port, "127.0.0.1");
console.log(JSON.stringify({ level: "warn", message: "hello", component: "runner" }));
process.on("SIGTERM", () => process.exit(0));
`;
const project = createProject({
  "supabase/config.toml": "[functions.hello]\nverify_jwt = false\n",
  "supabase/functions/hello/index.ts": answering("hello"),
  "supabase/migrations/20260101000000_notes.sql": notesMigration,
  "packages/runner/src/main.ts": program,
});
const base: StackOptions = { root: project.root, denoDir, fsync: false, quiet: true, programs: false };
const started: Stack[] = [];

async function start(options: StackOptions): Promise<Stack> {
  const stack = await startStack({ ...base, ...options });
  started.push(stack);
  return stack;
}

async function query(stack: Stack, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: stack.urls.database });
  await client.connect();
  const result = await client.query(sql);
  await client.end();
  return result.rows;
}

/** Processes of this test's project and of its Postgres servers. */
function processesOf(text: string): string[] {
  const list = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
  return list.filter((line) => line.includes(text) && !line.includes("ps -eo"));
}

beforeAll(() => {
  process.setMaxListeners(50);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((stack) => stack.stop()));
});
afterAll(() => project.remove());

describe("a platform whose process was killed", () => {
  const options = { ...base, dataDir: "killed", ports: portsFrom(28200), programs: { runner: true } };
  let child: ChildProcess;

  beforeAll(async () => {
    child = spawn(process.execPath, [path.join(import.meta.dirname, "run-stack.ts"), JSON.stringify(options)]);
    child.stderr?.pipe(process.stderr);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill("SIGKILL");
  }, 30_000);

  test("leaves only Postgres behind; the next start stops that one, keeps the data and the keys", async () => {
    await expect
      .poll(() => processesOf(project.root).filter((line) => !line.includes("postgres")), { timeout: 8000 })
      .toEqual([]);
    const [left] = readFileSync(path.join(project.root, "killed/postgres/postmaster.pid"), "utf8").split("\n");
    expect(isAlive(Number(left))).toBe(true);
    const keys = readFileSync(path.join(project.root, "killed/keys.json"), "utf8");
    const stack = await start(options);
    expect(isAlive(Number(left))).toBe(false);
    expect(await query(stack, "select count(*)::int from public.notes")).toEqual([{ count: 0 }]);
    expect(readFileSync(path.join(project.root, "killed/keys.json"), "utf8")).toBe(keys);
  }, 30_000);

  test("starts although its Postgres was killed and its process id belongs to another program now", async () => {
    const [left] = processesOf(path.join(project.root, "killed/postgres")).map((line) => Number.parseInt(line, 10));
    expect(left).toBeUndefined();
    const stack = await start(options);
    const file = path.join(project.root, "killed/postgres/postmaster.pid");
    const text = readFileSync(file, "utf8");
    process.kill(Number(text.split("\n")[0]), "SIGKILL");
    writeFileSync(file, text.replace(/^\d+/, String(process.pid)));
    await stack.stop();
    await start(options);
  }, 30_000);
});

describe("two platforms", () => {
  test("run side by side on their own ports and folders", async () => {
    const [one, two] = await Promise.all([
      start({ dataDir: "one", ports: portsFrom(28210) }),
      start({ dataDir: "two", ports: portsFrom(28220) }),
    ]);
    for (const stack of [one, two]) expect(await (await fetch(`${stack.urls.functions}/hello`)).text()).toBe("hello");
    expect(one.keys.secret).not.toBe(two.keys.secret);
    const crossed = await fetch(`${one.urls.rest}/notes`, { headers: { apikey: two.keys.secret } });
    expect(crossed.status).toBe(401);
  }, 30_000);

  test("do not run on one data folder", async () => {
    await start({ dataDir: "one", ports: portsFrom(28210) });
    const second = startStack({ ...base, dataDir: "one", ports: portsFrom(28220) });
    await expect(second).rejects.toThrow(/already runs on .*one \(process \d+\)/);
  }, 30_000);
});

describe("a start that cannot succeed", () => {
  test.each([
    ["gateway", "GATEWAY_PORT"],
    ["postgres", "POSTGRES_PORT"],
  ] as const)("names the setting that moves the taken port of %s", async (which, setting) => {
    const ports = portsFrom(28230);
    const other = http.createServer().listen(ports[which], "127.0.0.1");
    await expect(startStack({ ...base, dataDir: "taken", ports })).rejects.toThrow(
      new RegExp(`Port ${ports[which]} .*set ${setting}`),
    );
    other.close();
    expect(existsSync(path.join(project.root, "taken/lock.json"))).toBe(false);
  });

  test("shows the CLI's words for a migration that fails, and leaves nothing running", async () => {
    const broken = createProject({ "supabase/migrations/20260101000000_bad.sql": "create tabel x ();" });
    const failing = startStack({ ...base, root: broken.root, dataDir: "data", ports: portsFrom(28240) });
    await expect(failing).rejects.toThrow(/syntax error at or near "tabel"/);
    expect(processesOf(broken.root)).toEqual([]);
    broken.remove();
  }, 30_000);

  test("is broken off by its signal and leaves nothing running", async () => {
    const abort = new AbortController();
    const onStep = ({ name }: { name: string }) => name === "platform" && abort.abort();
    const options = { dataDir: "broken-off", ports: portsFrom(28250), signal: abort.signal, onStep };
    await expect(startStack({ ...base, ...options })).rejects.toThrow();
    await expect.poll(() => processesOf("broken-off"), { timeout: 5000 }).toEqual([]);
  }, 30_000);
});

describe("what a start finds", () => {
  const options = { dataDir: "again", ports: portsFrom(28260) };

  test("is applied once; a new migration is added, a changed one is reported, --fresh begins anew", async () => {
    const details: Record<string, string> = {};
    const warnings: string[] = [];
    const spied: StackOptions = {
      ...options,
      onStep: ({ name, detail }) => {
        details[name] = detail;
      },
      onLog: ({ message }) => warnings.push(message),
    };
    const first = await start(spied);
    expect(details.migrations).toBe("1 applied by supabase db push");
    expect(
      await query(first, "select current_user, (select rolsuper from pg_roles where rolname = current_user) as super"),
    ).toEqual([{ current_user: "postgres", super: false }]);
    await first.stop();
    project.write("supabase/migrations/20260101000000_notes.sql", `${notesMigration}\n-- changed\n`);
    await (await start(spied)).stop();
    expect(details.migrations).toBe("1, none new");
    expect(warnings.join()).toContain("20260101000000_notes.sql changed after being applied");
    project.write("supabase/migrations/20260102000000_more.sql", "create table public.more (id int primary key);");
    const third = await start(spied);
    expect(await query(third, "select count(*)::int from public.more")).toEqual([{ count: 0 }]);
    await query(third, "insert into public.more values (1)");
    await third.stop();
    const fresh = await start({ ...spied, fresh: true });
    expect(fresh.keys.secret).not.toBe(third.keys.secret);
    expect(await query(fresh, "select count(*)::int from public.more")).toEqual([{ count: 0 }]);
  }, 60_000);

  test("tells other programs where everything is, readable by its owner only, while it runs", async () => {
    const stack = await start({ ...options, env: { WHATSAPP_APP_SECRETS: "first, second", GRAPH_API_URL: "" } });
    const file = path.join(stack.dataDir, "stack.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      gatewayUrl: stack.urls.gateway,
      apiUrl: `${stack.urls.gateway}/functions/v1/api/v1`,
      databaseUrl: stack.urls.database,
      simulatorUrl: stack.urls.simulator,
      webhookUrl: `${stack.urls.gateway}/functions/v1/wa-webhook/cloud-api`,
      appSecret: "first",
      verifyToken: stack.keys.verifyToken,
      publishableKey: stack.keys.publishable,
      secretKey: stack.keys.secret,
    });
    expect(stack.env.GRAPH_API_URL).toBe(stack.urls.simulator);
    expect(statSync(path.join(stack.dataDir, "keys.json")).mode & 0o777).toBe(0o600);
    await stack.stop();
    expect(existsSync(file)).toBe(false);
  }, 30_000);
});

describe("programs", () => {
  test("are killed and started by tests, and come back by themselves when asked to", async () => {
    const warnings: string[] = [];
    const stack = await start({
      dataDir: "programs",
      ports: portsFrom(28270),
      programs: {},
      onLog: ({ name, message }) => warnings.push(`${name} ${message}`),
    });
    expect([...stack.programs.keys()]).toEqual(["runner"]);
    const runner = stack.program("runner");
    const first = runner.pid;
    await runner.kill();
    expect(runner.running).toBe(false);
    await runner.start();
    expect(runner.pid).not.toBe(first);
    runner.restart = true;
    await runner.kill("SIGKILL");
    await expect
      .poll(() => runner.running && fetch(`${runner.url}/health`).then((answer) => answer.ok), { timeout: 5000 })
      .toBe(true);
    await runner.stop();
    expect(runner.running).toBe(false);
    expect(warnings).toContain("runner hello");
    expect(warnings.join()).toContain("runner ended unexpectedly (SIGKILL); starting it again");
    expect(readFileSync(path.join(stack.dataDir, "logs/runner.log"), "utf8")).toContain('"message":"hello"');
  }, 30_000);

  test("do not inherit settings of the caller's environment", async () => {
    process.env.RUNNER_PORT = "1";
    const stack = await start({ dataDir: "programs", ports: portsFrom(28270), programs: { runner: true } });
    process.env.RUNNER_PORT = "";
    expect(stack.program("runner").running).toBe(true);
    await stack.postgres.stop();
    expect(stack.postgres.running).toBe(false);
  }, 30_000);

  test("a Postgres that dies is started again by a platform that restarts", async () => {
    const stack = await start({ dataDir: "programs", ports: portsFrom(28270), restart: true });
    const pid = Number(readFileSync(path.join(stack.dataDir, "postgres/postmaster.pid"), "utf8").split("\n")[0]);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => query(stack, "select 1 as one").catch(() => []), { timeout: 10_000 }).toEqual([{ one: 1 }]);
  }, 30_000);
});

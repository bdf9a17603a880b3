// `npm start` as a person sees it: what it prints, that it stops when asked to, and what it says when it cannot start.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { answering, createProject, portsFrom } from "./project.ts";

const ports = portsFrom(28400);
const project = createProject({
  "supabase/config.toml": "[functions.hello]\nverify_jwt = false\n",
  "supabase/functions/hello/index.ts": answering("hello"),
  "packages/simulator/src/main.ts": `
import http from "node:http";
http.createServer((_request, response) => response.end("{}")).listen(Number(process.env.SIMULATOR_PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
`,
  ".env": `GATEWAY_PORT=${ports.gateway}\nSIMULATOR_PORT=1\nDATA_DIR=data\n`,
});
const running: ChildProcess[] = [];

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  project.remove();
});

/** Runs start.ts; `output` grows while it runs. */
function npmStart(env: Readonly<Record<string, string>> = {}) {
  const start = path.resolve(import.meta.dirname, "../src/start.ts");
  const child = spawn(process.execPath, [start, "--no-seed", "--root", project.root], {
    env: { ...process.env, POSTGRES_PORT: String(ports.postgres), SIMULATOR_PORT: String(ports.simulator), ...env },
  });
  running.push(child);
  const result = { child, output: "", ended: once(child, "close").then(([code]) => code as number | null) };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      result.output += text;
    });
  return result;
}

test("starts, says where everything is, refuses a second start, and leaves nothing behind", async () => {
  const first = npmStart();
  await expect.poll(() => first.output, { timeout: 30_000 }).toContain("Ctrl-C stops everything");
  expect(first.output).toMatch(
    /is ready[\s\S]*Phone +http:\/\/127.0.0.1:28402\n +Queue +http:\/\/127.0.0.1:28402\/queue\n +API +http:\/\/127.0.0.1:28400\n/,
  );
  expect(first.output).not.toContain("\u001b"); // no colours into a pipe
  expect(existsSync(path.join(project.root, "data/stack.json"))).toBe(true);

  const second = npmStart();
  expect(await second.ended).toBe(1);
  expect(second.output).toMatch(/already runs on .*data \(process \d+\)/);

  first.child.kill("SIGINT");
  first.child.kill("SIGINT"); // a terminal and npm both pass it on
  expect(await first.ended, first.output).toBe(0);
  const left = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  expect(left.filter((line) => line.includes(project.root))).toEqual([]);
  expect(existsSync(path.join(project.root, "data/stack.json"))).toBe(false);
}, 60_000);

test("names the port that is taken, the setting that moves it, and nothing else", async () => {
  const other = http.createServer().listen(ports.simulator, "127.0.0.1");
  const refused = npmStart();
  expect(await refused.ended).toBe(1);
  other.close();
  expect(refused.output).toContain("Port 28402 (simulator) is taken");
  expect(refused.output).toContain("set SIMULATOR_PORT in .env");
  expect(refused.output).not.toContain("    at "); // no stack
}, 30_000);

test("says which setting is malformed", async () => {
  const refused = npmStart({ GATEWAY_PORT: "many" });
  expect(await refused.ended).toBe(1);
  expect(refused.output).toContain("GATEWAY_PORT");
}, 30_000);

// What the platform does to a function that uses too much, hangs, or breaks, and that the next request is served again.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../src/stack.ts";
import { createProject, denoDir, portsFrom } from "./project.ts";

const source = `
let count = 0;
const actions: Record<string, (request: Request) => Response | Promise<Response>> = {
  ok: () => Response.json({ count: ++count, pid: Deno.pid }),
  spin: () => { for (;;); },
  grow: () => { const all: number[][] = []; for (;;) all.push(new Array(100_000).fill(all.length)); },
  hang: () => new Promise(() => {}),
  reject: async () => {
    void Promise.reject(new Error("nobody waits for this"));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return new Response("not reached");
  },
  exit: () => { Deno.exit(3); return new Response("still here"); },
  background: () => {
    // @ts-ignore: the edge runtime's own global
    EdgeRuntime.waitUntil(new Promise((resolve) => setTimeout(resolve, 300)).then(() => console.error("finished later")));
    return new Response("answered");
  },
};
addEventListener("beforeunload", (event) => console.error("leaving", (event as CustomEvent).detail.reason));
export default {
  fetch: (request: Request) => actions[new URL(request.url).pathname.split("/")[2] ?? ""]?.(request) ?? new Response("?"),
};`;

const project = createProject({
  "supabase/config.toml": "[functions.work]\nverify_jwt = false\n",
  "supabase/functions/work/index.ts": source,
});
const lines: string[] = [];
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    root: project.root,
    denoDir,
    ports: portsFrom(28120),
    fsync: false,
    warm: false,
    limits: { cpuMsPerRequest: 300, memoryMb: 64, idleMs: 8000 },
    onLog: (entry) => lines.push(entry.message),
  });
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  project.remove();
});

const call = (action: string) => fetch(`${stack.urls.functions}/work/${action}`);
const failure = async (action: string) => {
  const answer = await call(action);
  return [answer.status, (await answer.json()).code];
};

test("a process serves many requests", async () => {
  const [first, second] = [await (await call("ok")).json(), await (await call("ok")).json()];
  expect(second).toEqual({ count: first.count + 1, pid: first.pid });
});

test("too much CPU time ends the process, and the next request gets a new one", async () => {
  expect(await failure("spin")).toEqual([546, "WORKER_LIMIT"]);
  expect(await (await call("ok")).json()).toMatchObject({ count: 1 });
}, 30_000);

test("too much memory ends the process", async () => {
  expect(await failure("grow")).toEqual([546, "WORKER_LIMIT"]);
  expect((await call("ok")).status).toBe(200);
}, 30_000);

test("no answer in time is 504", async () => {
  expect(await failure("hang")).toEqual([504, "IDLE_TIMEOUT"]);
});

test("an unhandled rejection ends the process", async () => {
  expect(await failure("reject")).toEqual([500, "WORKER_ERROR"]);
  expect(await (await call("ok")).json()).toMatchObject({ count: 1 });
});

test("a process that is killed is replaced at the next call", async () => {
  const { pid } = await (await call("ok")).json();
  await stack.functions.kill("work");
  expect((await (await call("ok")).json()).pid).not.toBe(pid);
});

test("a function cannot end its process", async () => {
  expect(await (await call("exit")).text()).toBe("still here");
});

test("background work finishes although the function is being replaced", async () => {
  expect(await (await call("background")).text()).toBe("answered");
  await stack.functions.reload();
  expect(await (await call("ok")).json()).toMatchObject({ count: 1 });
  await expect.poll(() => lines).toContain("finished later");
  expect(lines).toContain("leaving termination");
});

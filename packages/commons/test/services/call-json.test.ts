// JSON calls against real servers.
import type { RequestListener } from "node:http";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import type { ServiceRegistry } from "../../src/services/service-registry.ts";
import { endpointOf, registryOf, serve } from "./helpers.ts";

const responseSchema = z.object({ text: z.string() });
const options = { correlationId: "c-7", responseSchema };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function server(listener: RequestListener): Promise<{ url: string; kill: () => Promise<void> }> {
  const started = await serve(listener);
  ends.push(started.kill);
  return started;
}
function registryAt(urls: readonly string[], more: Parameters<typeof registryOf>[1] = {}): ServiceRegistry {
  const registry = registryOf(urls, { timeoutMs: 5_000, maxAttempts: 1, ...more });
  ends.push(() => registry.stop());
  return registry;
}
const replying =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

test("posts JSON with the correlation id and parses the answer", async () => {
  const seen: unknown[] = [];
  const { url } = await server((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const { "x-correlation-id": id, "content-type": type } = request.headers;
      seen.push({ method: request.method, url: request.url, id, type, body });
      response.end('{"text":"grüezi","more":1}');
    });
  });
  const registry = registryAt([`${url}/`]);
  await expect(registry.callJson("s", "/turn", { turn: 1 }, options)).resolves.toEqual({ text: "grüezi" });
  expect(seen).toEqual([{ method: "POST", url: "/turn", id: "c-7", type: "application/json", body: '{"turn":1}' }]);
});

test.each([
  { title: "500 is retryable", status: 500, retryable: true },
  { title: "404 is the caller's fault", status: 404, retryable: false },
  { title: "400 is the caller's fault", status: 400, retryable: false },
  { title: "408 is retryable", status: 408, retryable: true },
  { title: "429 says when to come back", status: 429, retryable: true, header: "7", retryAfterSeconds: 7 },
  { title: "503 says when to come back", status: 503, retryable: true, header: "99999", retryAfterSeconds: 3600 },
  { title: "503 with nonsense", status: 503, retryable: true, header: "soon" },
  { title: "a redirect is not followed", status: 302, retryable: true },
])("$title", async ({ status, retryable, header, retryAfterSeconds }) => {
  const headers = { location: "http://127.0.0.1:1/", ...(header ? { "retry-after": header } : {}) };
  const { url } = await server(replying(status, "a name and a phone number", headers));
  const error = await registryAt([url])
    .callJson("s", "/turn", {}, options)
    .catch((thrown) => thrown);
  expect(error).toMatchObject({ name: "AgentError", code: "AGENT_HTTP_ERROR", retryable, context: { status } });
  expect(error.retryAfterSeconds).toBe(retryAfterSeconds);
  expect(JSON.stringify([error.message, error.context])).not.toContain("phone");
});

test("a Retry-After date counts from now", async () => {
  const at = new Date(Date.now() + 60_000).toUTCString();
  const { url } = await server(replying(503, "", { "retry-after": at }));
  const error = await registryAt([url])
    .callJson("s", "/turn", {}, options)
    .catch((thrown) => thrown);
  expect(error.retryAfterSeconds).toBeGreaterThan(55);
  expect(error.retryAfterSeconds).toBeLessThanOrEqual(60);
});

test.each([
  { title: "text", body: "Anna wrote", code: "AGENT_INVALID_JSON" },
  { title: "an empty answer", body: "", code: "AGENT_INVALID_JSON" },
  { title: "JSON of another shape", body: '{"text":["Anna wrote"]}', code: "AGENT_INVALID_ANSWER" },
  { title: "more than a megabyte", body: `{"text":"${"x".repeat(1024 * 1024)}"}`, code: "AGENT_ANSWER_TOO_LARGE" },
])("$title is refused without quoting it", async ({ body, code }) => {
  const { url } = await server(replying(200, body));
  const error = await registryAt([url])
    .callJson("s", "/turn", {}, options)
    .catch((thrown) => thrown);
  expect(error).toMatchObject({ name: "AgentError", code, retryable: true, context: { service: "s", status: 200 } });
  expect(JSON.stringify([error.message, error.context, String(error.cause)])).not.toContain("Anna");
});

test("an answer just under the cap passes, in any number of pieces", async () => {
  const text = "ü".repeat(500_000);
  const { url } = await server((_, response) => {
    const bytes = Buffer.from(JSON.stringify({ text }));
    for (let at = 0; at < bytes.length; at += 9_999) response.write(bytes.subarray(at, at + 9_999));
    response.end();
  });
  await expect(registryAt([url]).callJson("s", "/turn", {}, options)).resolves.toEqual({ text });
});

test("an answer that never comes is aborted at the limit", async () => {
  let closed: () => void = () => undefined;
  const isClosed = new Promise<void>((resolve) => (closed = resolve));
  const { url } = await server((request) => void request.on("close", closed));
  await expect(registryAt([url]).callJson("s", "/turn", {}, { ...options, timeoutMs: 50 })).rejects.toMatchObject({
    code: "AGENT_TIMEOUT",
  });
  await isClosed;
});

test("an answer that stops halfway is aborted at the limit", async () => {
  const { url } = await server((_, response) => void response.write('{"text":'));
  await expect(registryAt([url]).callJson("s", "/turn", {}, { ...options, timeoutMs: 100 })).rejects.toMatchObject({
    code: "AGENT_TIMEOUT",
  });
});

test("killing one of two copies under load costs no call, and none goes there afterwards", async () => {
  const busy: (() => void)[] = [];
  let full: () => void = () => undefined;
  const isFull = new Promise<void>((resolve) => (full = resolve));
  const listener: RequestListener = (_, response) => {
    if (busy.length >= 20) return void response.end('{"text":"ok"}');
    busy.push(() => response.end('{"text":"ok"}'));
    if (busy.length === 20) full();
  };
  const [one, other] = [await server(listener), await server(listener)];
  const registry = registryAt([one.url, other.url], { maxAttempts: 3, kind: "agent" });
  const calls = Array.from({ length: 100 }, () => registry.callJson("s", "/turn", {}, options));
  await isFull;
  await one.kill();
  for (const finish of busy) finish();
  const later = Array.from({ length: 100 }, () => registry.callJson("s", "/turn", {}, options));
  const results = await Promise.allSettled([...calls, ...later]);
  expect(results.filter(({ status }) => status === "rejected")).toEqual([]);
  const { health, breaker } = endpointOf(registry, one.url);
  expect(health === "unhealthy" || breaker === "open").toBe(true);
  const before = endpointOf(registry, one.url).total.calls;
  await Promise.all(Array.from({ length: 50 }, () => registry.callJson("s", "/turn", {}, options)));
  expect(endpointOf(registry, one.url).total.calls).toBe(before);
  expect(endpointOf(registry, other.url).inFlight).toBe(0);
});

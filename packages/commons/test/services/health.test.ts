// Health checks, in rounds and soon after trouble.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ServiceRegistry } from "../../src/services/service-registry.ts";
import { A, answer, B, call, endpointOf, hang, refuse, registryOf, serve } from "./helpers.ts";

let registry: ServiceRegistry;
afterEach(async () => await registry.stop());

describe("against real servers", () => {
  test("2xx is healthy; another status, a redirect and a closed port are not", async () => {
    const seen: string[] = [];
    const good = await serve((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.end("{}");
    });
    const draining = await serve((_, response) => response.writeHead(503).end());
    const moved = await serve((_, response) => response.writeHead(302, { location: good.url }).end());
    const gone = await serve(() => undefined);
    await gone.kill();
    registry = registryOf([`${good.url}/`, draining.url, moved.url, gone.url]);
    await registry.checkHealth();
    expect(endpointOf(registry, `${good.url}/`)).toMatchObject({ health: "healthy", lastError: null });
    expect(endpointOf(registry, draining.url)).toMatchObject({ health: "unhealthy", lastError: "HEALTH_STATUS_503" });
    expect(endpointOf(registry, moved.url)).toMatchObject({ health: "unhealthy", lastError: "HEALTH_STATUS_302" });
    expect(endpointOf(registry, gone.url)).toMatchObject({ health: "unhealthy", lastError: "AGENT_UNREACHABLE" });
    expect(seen).toEqual(["GET /health"]);
    await Promise.all([good, draining, moved].map(({ kill }) => kill()));
  });
});

describe("with a clock of our own", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(async () => {
    await registry.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test("rounds come every interval, jittered, and one check of an endpoint at a time", async () => {
    const asked: number[] = [];
    let open: () => void = () => undefined;
    registry = registryOf([A], {
      random: () => 0.5,
      fetch: () => {
        asked.push(Date.now());
        return new Promise((resolve) => (open = () => resolve(new Response("{}"))));
      },
    });
    const start = Date.now();
    registry.startHealthChecks({ intervalMs: 30_000 });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(asked).toEqual([start + 1_500]);
    const joined = registry.checkHealth();
    expect(asked).toHaveLength(1);
    open();
    await joined;
    await vi.advanceTimersByTimeAsync(30_000);
    open();
    expect(asked).toEqual([start + 1_500, start + 31_500]);
    await registry.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toHaveLength(2);
  });

  test("an endpoint that refused a call is looked at after a second, not after a round", async () => {
    let isUp = true;
    registry = registryOf([A, B], {
      random: () => 0.5,
      fetch: async (url) => (isUp || String(url).startsWith(B) ? new Response("{}") : await refuse()),
    });
    registry.startHealthChecks({ intervalMs: 30_000 });
    await vi.advanceTimersByTimeAsync(2_000);
    isUp = false;
    for (let at = 0; at < 10; at++)
      await registry.call("s", async ({ url }) => (url === A ? await refuse() : url), call);
    expect(endpointOf(registry, A).health).toBe("unhealthy");
    await vi.advanceTimersByTimeAsync(1_100);
    expect(endpointOf(registry, A).health).toBe("unhealthy");
    isUp = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(endpointOf(registry, A).health).toBe("healthy");
  });

  test("one late answer is looked at again, the second in a row is unhealthy", async () => {
    registry = registryOf([A], { random: () => 0.5, fetch: hang });
    await registry.call("s", answer, call);
    registry.startHealthChecks({ intervalMs: 30_000 });
    await vi.advanceTimersByTimeAsync(1_500 + 5_000);
    expect(endpointOf(registry).health).toBe("healthy");
    await vi.advanceTimersByTimeAsync(1_000 + 5_000);
    expect(endpointOf(registry)).toMatchObject({ health: "unhealthy", lastError: "HEALTH_TIMEOUT" });
  });

  test("stopping in the middle of a check says nothing about the endpoint", async () => {
    registry = registryOf([A], { fetch: hang });
    const check = registry.checkHealth();
    await registry.stop();
    await check;
    expect(endpointOf(registry).health).toBe("unknown");
  });

  test("an answer to a call does not heal an endpoint that says it is unwell", async () => {
    registry = registryOf([A], { fetch: async () => new Response("", { status: 503 }) });
    let finish: (text: string) => void = () => undefined;
    const called = registry.call("s", () => new Promise<string>((resolve) => (finish = resolve)), call);
    await registry.checkHealth();
    finish("done");
    await called;
    expect(endpointOf(registry).health).toBe("unhealthy");
  });
});

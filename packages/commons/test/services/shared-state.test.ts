// State that processes share through the store.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { initializeServiceRegistry, ServiceRegistry } from "../../src/services/service-registry.ts";
import { A, answer, B, call, endpointOf, failTimes, MemoryStore, recordingLog, recordOf, refuse } from "./helpers.ts";

const registries: ServiceRegistry[] = [];
let store: MemoryStore;
beforeEach(() => {
  vi.useFakeTimers();
  store = new MemoryStore();
});
afterEach(async () => {
  for (const registry of registries.splice(0)) await registry.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const healthy: typeof fetch = async () => new Response("{}");
async function process(log = recordingLog().log): Promise<ServiceRegistry> {
  const registry = new ServiceRegistry({ log, store, fetch: healthy });
  registries.push(registry);
  await registry.sync();
  return registry;
}
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

describe("a sync", () => {
  test("brings new endpoints with their service's settings, and takes those away that are gone", async () => {
    store.records = [recordOf(A, { timeoutMs: 4_321, maxAttempts: 2 })];
    const registry = await process();
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
    expect(registry.status().services[0]).toMatchObject({ kind: "agent", timeoutMs: 4_321, maxAttempts: 2 });
    store.records = [recordOf(B)];
    await registry.sync();
    await expect(registry.call("s", answer, call)).resolves.toBe(B);
    expect(registry.status().services[0]?.endpoints).toHaveLength(1);
  });

  test("leaves endpoints alone that were registered here and never listed", async () => {
    const registry = await process();
    registry.registerService({ name: "local" });
    registry.registerEndpoint("local", A);
    await registry.sync();
    await expect(registry.call("local", answer, call)).resolves.toBe(A);
  });

  test("passes over a record that cannot be used, and says so", async () => {
    const { log, lines } = recordingLog();
    store.records = [recordOf("nonsense"), recordOf(A)];
    const registry = await process(log);
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
    expect(lines.join()).toContain("cannot be used");
  });

  test("counts an endpoint without heartbeat for 90 s as unhealthy, until it is heard again", async () => {
    store.records = [recordOf(A, { heartbeatAt: ago(91) }), recordOf(B, { heartbeatAt: ago(89) })];
    const registry = await process();
    for (let at = 0; at < 10; at++) await expect(registry.call("s", answer, call)).resolves.toBe(B);
    expect(endpointOf(registry, A).health).toBe("unhealthy");
    store.records = [recordOf(A, { heartbeatAt: ago(1) })];
    await registry.sync();
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
    expect(store.reports).toEqual([]);
  });

  test("fails with the store's error and keeps what is known", async () => {
    store.records = [recordOf(A)];
    const registry = await process();
    store.broken = true;
    await expect(registry.sync()).rejects.toThrow("the store is down");
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
  });
});

describe("a fresh process", () => {
  test("starts with an open breaker and half-opens when the rest of the reset has passed", async () => {
    store.records = [recordOf(A, { breaker: "open", breakerChangedAt: ago(50) })];
    const registry = await process();
    expect(endpointOf(registry)).toMatchObject({ breaker: "open" });
    await expect(registry.call("s", answer, call)).rejects.toMatchObject({
      code: "CIRCUIT_OPEN",
      retryAfterSeconds: 70,
    });
    await vi.advanceTimersByTimeAsync(69_999);
    expect(endpointOf(registry).breaker).toBe("open");
    await vi.advanceTimersByTimeAsync(1);
    expect(endpointOf(registry).breaker).toBe("half_open");
    await failTimes(registry, 1);
    await vi.advanceTimersByTimeAsync(119_000);
    expect(endpointOf(registry).breaker).toBe("open");
  });

  test("starts half-open when the reset has passed already", async () => {
    store.records = [recordOf(A, { breaker: "open", breakerChangedAt: ago(121) })];
    const registry = await process();
    expect(endpointOf(registry).breaker).toBe("half_open");
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.reports.at(-1)).toMatchObject({ breaker: "closed", health: "healthy" });
  });

  test("never waits longer than a reset when the store's clock is ahead", async () => {
    store.records = [recordOf(A, { breaker: "open", breakerChangedAt: ago(-500) })];
    const registry = await process();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(endpointOf(registry).breaker).toBe("half_open");
  });

  test("starts with the health that is known", async () => {
    store.records = [recordOf(A, { health: "unhealthy" }), recordOf(B, { health: "unknown" })];
    const registry = await process();
    for (let at = 0; at < 10; at++) await expect(registry.call("s", answer, call)).resolves.toBe(B);
  });
});

describe("what one process finds out", () => {
  test("the others take over: open, and closed again", async () => {
    store.records = [recordOf(A)];
    const [one, other] = [await process(), await process()];
    await failTimes(one, 5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(endpointOf(one).breaker).toBe("open");
    expect(store.reports.at(-1)).toMatchObject({ breaker: "open", error: "AGENT_HTTP_ERROR" });
    await other.sync();
    expect(endpointOf(other).breaker).toBe("open");

    await vi.advanceTimersByTimeAsync(121_000);
    expect(endpointOf(one).breaker).toBe("half_open");
    await one.call("s", answer, call);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.records[0]?.breaker).toBe("closed");
    await other.sync();
    expect(endpointOf(other).breaker).toBe("closed");
  });

  test("what was taken over is not written back", async () => {
    store.records = [recordOf(A)];
    const registry = await process();
    store.records = [recordOf(A, { breaker: "open", breakerChangedAt: ago(0) })];
    await registry.sync();
    await vi.advanceTimersByTimeAsync(125_000);
    expect(endpointOf(registry).breaker).toBe("half_open");
    expect(store.reports).toEqual([]);
  });

  test("a list that was asked for before a change here does not undo the change", async () => {
    store.records = [recordOf(A)];
    const registry = await process();
    let give: (records: typeof store.records) => void = () => undefined;
    vi.spyOn(store, "listEndpoints").mockImplementationOnce(() => new Promise((resolve) => (give = resolve)));
    const syncing = registry.sync();
    await vi.advanceTimersByTimeAsync(1);
    await failTimes(registry, 5);
    await vi.advanceTimersByTimeAsync(1_000);
    give([recordOf(A, { breakerChangedAt: ago(60) })]);
    await syncing;
    expect(endpointOf(registry).breaker).toBe("open");
    await registry.sync();
    expect(endpointOf(registry).breaker).toBe("open");
  });

  test("changes of a moment are one write, of the latest state", async () => {
    store.records = [recordOf(A, { health: "unknown" })];
    const registry = await process();
    await registry.call("s", answer, call);
    await registry.call("s", refuse, call).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.reports).toEqual([
      { service: "s", url: A, health: "unhealthy", breaker: "closed", error: "AGENT_UNREACHABLE" },
    ]);
  });

  test("a store that cannot be written breaks no call; the next sync writes", async () => {
    const { log, lines } = recordingLog();
    store.records = [recordOf(A, { health: "unknown" })];
    const registry = await process(log);
    store.broken = true;
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines.join()).toContain("could not be written");
    store.broken = false;
    await registry.sync();
    expect(store.reports).toMatchObject([{ url: A, health: "healthy" }]);
    expect(endpointOf(registry).health).toBe("healthy");
  });

  test("its own finding outlives the store's for a minute, then the store is believed", async () => {
    store.records = [recordOf(A)];
    const registry = await process();
    await registry.checkHealth();
    store.records = [recordOf(A, { health: "unhealthy" })];
    await vi.advanceTimersByTimeAsync(59_000);
    await registry.sync();
    expect(endpointOf(registry).health).toBe("healthy");
    await vi.advanceTimersByTimeAsync(2_000);
    store.records = [recordOf(A, { health: "unhealthy" })];
    await registry.sync();
    expect(endpointOf(registry).health).toBe("unhealthy");
  });
});

describe("a call without a usable endpoint", () => {
  test("syncs first, at most once a second, and once for many callers", async () => {
    const registry = await process();
    await vi.advanceTimersByTimeAsync(1_000);
    store.lists = 0;
    const before = await Promise.allSettled(Array.from({ length: 50 }, () => registry.call("s", answer, call)));
    expect(before.every(({ status }) => status === "rejected")).toBe(true);
    await registry.call("s", answer, call).catch(() => undefined);
    expect(store.lists).toBe(1);
    store.records = [recordOf(A)];
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
    expect(store.lists).toBe(2);
  });

  test("goes on to its own error when the store is down", async () => {
    const registry = await process();
    store.broken = true;
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(registry.call("s", answer, call)).rejects.toMatchObject({ code: "NO_ENDPOINT" });
  });
});

describe("initializeServiceRegistry", () => {
  test("knows what the store knows, keeps in step and leaves no timer behind", async () => {
    store.records = [recordOf(A)];
    const asked: string[] = [];
    const registry = await initializeServiceRegistry({
      log: recordingLog().log,
      store,
      fetch: async (url) => {
        asked.push(String(url));
        return new Response("{}");
      },
    });
    registries.push(registry);
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
    store.records = [recordOf(A), recordOf(B)];
    await vi.advanceTimersByTimeAsync(11_100);
    expect(endpointOf(registry, B).health).toBe("healthy");
    expect(asked).toContain(`${A}/health`);
  });

  test("starts without the store, and asks it at the first call", async () => {
    store.broken = true;
    const registry = await initializeServiceRegistry({ log: recordingLog().log, store, healthChecks: false });
    registries.push(registry);
    store.broken = false;
    store.records = [recordOf(A)];
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
  });
});

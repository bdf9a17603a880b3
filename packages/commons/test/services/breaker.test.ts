// The breaker of an endpoint, seen through the registry: when it opens, tries again, closes.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InvalidInputError, WorkflowError } from "../../src/errors.ts";
import type { ServiceRegistry } from "../../src/services/service-registry.ts";
import { A, answer, B, call, endpointOf, fail, failTimes, hang, refuse, registryOf } from "./helpers.ts";

let registry: ServiceRegistry;
beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  await registry.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const single = (kind: "standard" | "agent") => {
  registry = registryOf([A], { kind, maxAttempts: 1 });
  return registry;
};
const callersFault = async (): Promise<never> => {
  throw new InvalidInputError("bad question", { code: "INVALID" });
};

describe.each([
  { kind: "standard" as const, resetMs: 60_000, good: 5, bad: 5 },
  { kind: "agent" as const, resetMs: 120_000, good: 4, bad: 6 },
])("a breaker of kind $kind", ({ kind, resetMs, good, bad }) => {
  test("stays closed up to its share of failures and opens above it", async () => {
    single(kind);
    for (let at = 0; at < good; at++) await registry.call("s", answer, call);
    await failTimes(registry, bad);
    expect(endpointOf(registry).breaker).toBe("closed");
    await failTimes(registry, 1);
    expect(endpointOf(registry).breaker).toBe("open");
  });

  test("half-opens after the reset, lets one call try, and closes on its success", async () => {
    single(kind);
    await failTimes(registry, 5);
    await vi.advanceTimersByTimeAsync(resetMs - 1);
    expect(endpointOf(registry).breaker).toBe("open");
    await vi.advanceTimersByTimeAsync(1);
    expect(endpointOf(registry).breaker).toBe("half_open");

    let finish: (answer: string) => void = () => undefined;
    const slow = () => new Promise<string>((resolve) => (finish = resolve));
    const probe = registry.call("s", slow, call);
    await expect(registry.call("s", answer, call)).rejects.toMatchObject({ code: "CIRCUIT_OPEN" });
    finish("well again");
    await expect(probe).resolves.toBe("well again");
    expect(endpointOf(registry).breaker).toBe("closed");
    await expect(registry.call("s", answer, call)).resolves.toBe(A);
  });

  test("opens again for a whole reset when the try fails", async () => {
    single(kind);
    await failTimes(registry, 5);
    await vi.advanceTimersByTimeAsync(resetMs);
    await failTimes(registry, 1);
    expect(endpointOf(registry).breaker).toBe("open");
    await vi.advanceTimersByTimeAsync(resetMs - 1);
    expect(endpointOf(registry).breaker).toBe("open");
    await vi.advanceTimersByTimeAsync(1);
    expect(endpointOf(registry).breaker).toBe("half_open");
  });
});

test("fewer calls than the volume threshold never open it", async () => {
  single("standard");
  await failTimes(registry, 4);
  expect(endpointOf(registry).breaker).toBe("closed");
});

test("failures that left the window are forgotten", async () => {
  single("standard");
  await failTimes(registry, 4);
  await vi.advanceTimersByTimeAsync(31_000);
  await failTimes(registry, 4);
  expect(endpointOf(registry).breaker).toBe("closed");
});

test("an open breaker tells when to come back", async () => {
  single("agent");
  await failTimes(registry, 5);
  await vi.advanceTimersByTimeAsync(20_000);
  const refused = registry.call("s", answer, call);
  await expect(refused).rejects.toMatchObject({
    name: "ServiceUnavailableError",
    code: "CIRCUIT_OPEN",
    retryable: true,
    retryAfterSeconds: 100,
  });
});

test("the caller's own faults do not open it", async () => {
  single("standard");
  for (let at = 0; at < 20; at++)
    await expect(registry.call("s", callersFault, call)).rejects.toBeInstanceOf(InvalidInputError);
  expect(endpointOf(registry)).toMatchObject({ breaker: "closed", total: { callerErrors: 20, failures: 0 } });
});

test("the caller's own fault closes a half-open breaker: the endpoint answered", async () => {
  single("standard");
  await failTimes(registry, 5);
  await vi.advanceTimersByTimeAsync(60_000);
  await registry.call("s", callersFault, call).catch(() => undefined);
  expect(endpointOf(registry).breaker).toBe("closed");
});

test("a call that its caller gave up neither opens a closed breaker nor closes a half-open one", async () => {
  single("standard");
  const giveUp = async () => {
    const controller = new AbortController();
    const given = registry.call("s", hang, { ...call, signal: controller.signal });
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: "CALL_ABORTED" });
  };
  for (let at = 0; at < 10; at++) await giveUp();
  expect(endpointOf(registry)).toMatchObject({ breaker: "closed", health: "unknown", inFlight: 0 });
  await failTimes(registry, 20);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(endpointOf(registry).breaker).toBe("half_open");
  await giveUp();
  expect(endpointOf(registry).breaker).toBe("open");
});

test("a refused connection is a matter of health, not of the breaker", async () => {
  registry = registryOf([A], { maxAttempts: 1, fetch: async () => await refuse() });
  for (let at = 0; at < 10; at++) await registry.call("s", refuse, call).catch(() => undefined);
  expect(endpointOf(registry)).toMatchObject({ breaker: "closed", health: "unhealthy", total: { unreachable: 1 } });
});

test("with one breaker open the other endpoint takes all calls", async () => {
  registry = registryOf([A, B], { maxAttempts: 2 });
  const onlyB = async (endpoint: { url: string }) => (endpoint.url === A ? await fail() : endpoint.url);
  const calls = Array.from({ length: 40 }, async () => {
    const called = registry.call("s", onlyB, call);
    await vi.advanceTimersByTimeAsync(1_000);
    return await called;
  });
  expect(new Set(await Promise.all(calls))).toEqual(new Set([B]));
  expect(endpointOf(registry, A).breaker).toBe("open");
  const before = endpointOf(registry, A).total.calls;
  for (let at = 0; at < 20; at++) await registry.call("s", onlyB, call);
  expect(endpointOf(registry, A).total.calls).toBe(before);
});

test("errors of the product that are retryable count as failures", async () => {
  single("standard");
  for (let at = 0; at < 5; at++)
    await registry
      .call("s", () => Promise.reject(new WorkflowError("later", { code: "LATER", retryable: true })), call)
      .catch(() => undefined);
  expect(endpointOf(registry).breaker).toBe("open");
});

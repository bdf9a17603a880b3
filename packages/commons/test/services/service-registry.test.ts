// Calls through the registry: choice, time limits, other endpoints, fallback.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AgentError, DatabaseUnavailableError, InvalidInputError, StaleLeaseError } from "../../src/errors.ts";
import { ServiceRegistry } from "../../src/services/service-registry.ts";
import { A, answer, B, C, call, endpointOf, fail, hang, recordingLog, refuse, registryOf } from "./helpers.ts";

let registry: ServiceRegistry;
beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  await registry.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Lets all timers of a call run; handles its rejection from the start. */
async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.all([Promise.allSettled([promise]), vi.advanceTimersByTimeAsync(60_000)]);
  return result[0];
}

describe("the choice", () => {
  test("loads are even: calls go where fewest are under way", async () => {
    registry = registryOf([A, B, C]);
    const open: (() => void)[] = [];
    const calls = Array.from({ length: 30 }, () =>
      registry.call("s", () => new Promise<void>((resolve) => open.push(resolve)), call),
    );
    for (const url of [A, B, C]) expect(endpointOf(registry, url).inFlight).toBe(10);
    for (const finish of open) finish();
    await Promise.all(calls);
    for (const url of [A, B, C]) expect(endpointOf(registry, url).inFlight).toBe(0);
  });

  test("an endpoint that nobody checked is used, but after the healthy ones", async () => {
    registry = registryOf([A]);
    await registry.call("s", answer, call);
    expect(endpointOf(registry, A).health).toBe("healthy");
    registry.registerEndpoint("s", B);
    for (let at = 0; at < 20; at++) await expect(registry.call("s", answer, call)).resolves.toBe(A);
  });
});

describe("a failed try", () => {
  test("goes to another endpoint, not to the same one", async () => {
    registry = registryOf([A, B, C]);
    const seen: string[] = [];
    const result = await settled(
      registry.call("s", async ({ url }) => (seen.push(url) < 3 ? await fail() : url), call),
    );
    expect(result.status).toBe("fulfilled");
    expect(new Set(seen).size).toBe(3);
  });

  test("is repeated on the only endpoint, after the backoff", async () => {
    registry = registryOf([A], { random: () => 0 });
    let tries = 0;
    const called = registry.call("s", async () => (++tries < 3 ? await fail() : tries), call);
    await vi.advanceTimersByTimeAsync(499);
    expect(tries).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(tries).toBe(2);
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(called).resolves.toBe(3);
  });

  test("ends after the most tries with the last error", async () => {
    registry = registryOf([A, B], { maxAttempts: 3 });
    let tries = 0;
    const result = await settled(
      registry.call(
        "s",
        async () => {
          throw new AgentError(`try ${++tries}`, { code: "AGENT_HTTP_ERROR" });
        },
        call,
      ),
    );
    expect(result).toMatchObject({ status: "rejected", reason: { message: "try 3" } });
    expect(tries).toBe(3);
  });

  test("is not repeated when it is the caller's fault, nor answered by the fallback", async () => {
    registry = registryOf([A, B]);
    let tries = 0;
    const fault = async (): Promise<string> => {
      tries += 1;
      throw new InvalidInputError("bad question", { code: "INVALID" });
    };
    await expect(registry.call("s", fault, { ...call, fallback: () => "sorry" })).rejects.toMatchObject({
      code: "INVALID",
    });
    expect(tries).toBe(1);
  });

  test("wraps what is no error of the product", async () => {
    registry = registryOf([A], { maxAttempts: 1 });
    const broken = registry.call("s", () => Promise.reject(new RangeError("odd")), call);
    await expect(broken).rejects.toMatchObject({ name: "AgentError", code: "AGENT_FAILED", retryable: true });
  });

  test("waits as long as the endpoint asks, and leaves longer waits to the caller", async () => {
    registry = registryOf([A]);
    let tries = 0;
    const busy = (seconds: number) => async () => {
      tries += 1;
      throw new AgentError("busy", { code: "AGENT_HTTP_ERROR", retryAfterSeconds: seconds });
    };
    const short = registry.call("s", busy(4), call).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(3_999);
    expect(tries).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tries).toBe(3);
    await short;
    await expect(registry.call("s", busy(31), call)).rejects.toMatchObject({ retryAfterSeconds: 31 });
    expect(tries).toBe(4);
  });
});

describe("a refused connection", () => {
  test("marks the endpoint unhealthy at once and costs neither a try nor a wait", async () => {
    registry = registryOf([A, B, C], { maxAttempts: 1 });
    const onlyC = async ({ url }: { url: string }) => (url === C ? url : await refuse());
    await expect(Promise.all(Array.from({ length: 100 }, () => registry.call("s", onlyC, call)))).resolves.toEqual(
      Array.from({ length: 100 }, () => C),
    );
    for (const url of [A, B]) expect(endpointOf(registry, url).health).toBe("unhealthy");
    const before = endpointOf(registry, A).total.calls;
    await registry.call("s", onlyC, call);
    expect(endpointOf(registry, A).total.calls).toBe(before);
  });

  test("of every address of a name counts as refused, of one of them does not", async () => {
    const refused = Object.assign(new Error("no"), { code: "ECONNREFUSED" });
    const odd = Object.assign(new Error("no"), { code: "EPIPE" });
    for (const [errors, health] of [
      [[refused, refused], "unhealthy"],
      [[refused, odd], "unknown"],
    ] as const) {
      registry = registryOf([A], { maxAttempts: 1 });
      const failed = new TypeError("fetch failed", { cause: new AggregateError(errors) });
      await registry.call("s", () => Promise.reject(failed), call).catch(() => undefined);
      expect(endpointOf(registry).health).toBe(health);
      await registry.stop();
    }
  });

  test("is known by the message of Deno's fetch too", async () => {
    const message = "error sending request for url (http://a.test/): client error (Connect): tcp connect error";
    for (const error of [new TypeError(message), new TypeError("fetch failed", { cause: new Error(message) })]) {
      registry = registryOf([A], { maxAttempts: 1 });
      await registry.call("s", () => Promise.reject(error), call).catch(() => undefined);
      expect(endpointOf(registry).health).toBe("unhealthy");
      await registry.stop();
    }
  });

  test("of something behind the caller, such as the database, says nothing about the endpoint", async () => {
    registry = registryOf([A], { maxAttempts: 1 });
    const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const error = new DatabaseUnavailableError("no database", { code: "DATABASE_UNAVAILABLE", cause });
    await expect(registry.call("s", () => Promise.reject(error), call)).rejects.toBe(error);
    expect(endpointOf(registry).health).toBe("unknown");
  });

  test("of the only endpoint: the next call asks its health and goes on when it is back", async () => {
    let isUp = false;
    registry = registryOf([A], { fetch: async () => (isUp ? new Response("{}") : await refuse()) });
    const turn = async ({ url }: { url: string }) => (isUp ? url : await refuse());
    expect(await settled(registry.call("s", turn, call))).toMatchObject({ reason: { code: "AGENT_UNREACHABLE" } });
    expect(await settled(registry.call("s", turn, call))).toMatchObject({
      reason: { name: "ServiceUnavailableError", code: "NO_ENDPOINT" },
    });
    isUp = true;
    await expect(registry.call("s", turn, call)).resolves.toBe(A);
  });
});

describe("the time limit", () => {
  test("ends a try that ignores its signal, and tries another endpoint", async () => {
    registry = registryOf([A, B], { timeoutMs: 1_000, random: () => 0 });
    const seen: AbortSignal[] = [];
    const called = registry.call(
      "s",
      ({ url }, signal) => (seen.push(signal) === 1 ? hang() : Promise.resolve(url)),
      call,
    );
    await vi.advanceTimersByTimeAsync(999);
    expect(seen).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1 + 500);
    await called;
    expect(seen[0]?.aborted).toBe(true);
    expect(seen[1]?.aborted).toBe(false);
  });

  test("is an AgentError that counts as a failure", async () => {
    registry = registryOf([A], { maxAttempts: 1 });
    expect(await settled(registry.call("s", hang, { ...call, timeoutMs: 50 }))).toMatchObject({
      reason: { name: "AgentError", code: "AGENT_TIMEOUT", retryable: true, context: { timeoutMs: 50 } },
    });
    expect(endpointOf(registry)).toMatchObject({ inFlight: 0, total: { failures: 1, timeouts: 1 } });
  });
});

describe("the caller's signal", () => {
  test("ends the call at once, in a try and between two", async () => {
    registry = registryOf([A]);
    for (const [fn, advanceMs] of [
      [hang, 10],
      [fail, 10],
    ] as const) {
      const controller = new AbortController();
      const called = registry.call("s", fn, { ...call, signal: controller.signal, fallback: () => hang() });
      await vi.advanceTimersByTimeAsync(advanceMs);
      controller.abort();
      await expect(called).rejects.toMatchObject({ code: "CALL_ABORTED" });
    }
  });

  test("gives its own reason when that is an error of the product", async () => {
    registry = registryOf([A]);
    const reason = new StaleLeaseError("the lane is somebody else's", { code: "STALE_LEASE" });
    await expect(registry.call("s", hang, { ...call, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(endpointOf(registry).total.calls).toBe(0);
  });
});

describe("without a usable endpoint", () => {
  test("an unknown service and one without endpoints are NO_ENDPOINT", async () => {
    registry = registryOf([]);
    for (const name of ["s", "nobody"])
      await expect(registry.call(name, answer, call)).rejects.toMatchObject({
        name: "ServiceUnavailableError",
        code: "NO_ENDPOINT",
        retryable: true,
      });
  });

  test("the fallback answers, and learns why", async () => {
    registry = registryOf([]);
    const fallback = vi.fn(async () => "we will be back");
    await expect(registry.call("s", answer, { ...call, fallback })).resolves.toBe("we will be back");
    expect(fallback).toHaveBeenCalledWith(expect.objectContaining({ code: "NO_ENDPOINT" }));
  });

  test("the fallback answers after the last try too", async () => {
    registry = registryOf([A]);
    expect(
      await settled(
        registry.call("s", async (): Promise<string> => await fail(), { ...call, fallback: () => "later" }),
      ),
    ).toMatchObject({
      value: "later",
    });
  });

  test("a deregistered endpoint is not called any more", async () => {
    registry = registryOf([A, B]);
    registry.deregisterEndpoint("s", A);
    for (let at = 0; at < 10; at++) await expect(registry.call("s", answer, call)).resolves.toBe(B);
    registry.deregisterEndpoint("s", B);
    await expect(registry.call("s", answer, call)).rejects.toMatchObject({ code: "NO_ENDPOINT" });
  });
});

describe("registration", () => {
  test("refuses what cannot work, and says how to mend it", () => {
    registry = new ServiceRegistry({ log: recordingLog().log });
    expect(() => registry.registerEndpoint("s", A)).toThrow(/call registerService first/);
    registry.registerService({ name: "s" });
    for (const url of ["", "a.test:80", "ftp://a.test", "http://a.test?x=1"])
      expect(() => registry.registerEndpoint("s", url)).toThrow(InvalidInputError);
    for (const wrong of [{ timeoutMs: 0 }, { timeoutMs: 2 ** 31 }, { maxAttempts: 0.5 }, { maxAttempts: 0 }])
      expect(() => registry.registerService({ name: "s", ...wrong })).toThrow(InvalidInputError);
  });

  test("has defaults for each kind", () => {
    registry = new ServiceRegistry({ log: recordingLog().log });
    expect(registry.registerService({ name: "s" })).toMatchObject({ timeoutMs: 30_000, maxAttempts: 3 });
    expect(registry.registerService({ name: "agent:x", kind: "agent" })).toMatchObject({ timeoutMs: 120_000 });
  });
});

test("the report counts calls and times them", async () => {
  registry = registryOf([A], { maxAttempts: 1 });
  for (const ms of [10, 20, 30]) {
    const called = registry.call("s", () => new Promise<void>((resolve) => setTimeout(resolve, ms)), call);
    await vi.advanceTimersByTimeAsync(ms);
    await called;
  }
  await registry.call("s", fail, call).catch(() => undefined);
  expect(JSON.parse(JSON.stringify(registry.status()))).toMatchObject({
    lastSyncAt: null,
    services: [
      {
        name: "s",
        usableEndpoints: 1,
        endpoints: [
          {
            url: A,
            health: "healthy",
            breaker: "closed",
            halfOpensAt: null,
            lastError: "AGENT_HTTP_ERROR",
            total: { calls: 4, successes: 3, failures: 1 },
            window: { calls: 4, successes: 3, failures: 1, latencyMs: { mean: 15, p50: 10, p99: 30 } },
          },
        ],
      },
    ],
  });
});

test("a stopped registry ends the calls under way and takes none", async () => {
  registry = registryOf([A]);
  const called = registry.call("s", hang, { ...call, fallback: () => hang() });
  const expected = expect(called).rejects.toMatchObject({ code: "REGISTRY_STOPPED" });
  await registry.stop();
  await expected;
  await expect(registry.call("s", answer, call)).rejects.toMatchObject({ code: "REGISTRY_STOPPED" });
});

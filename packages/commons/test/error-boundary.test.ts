// The boundary: the time of each kind, the class of what is thrown, and what reaches the log.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { readWebhookConfig, WEBHOOK_CONFIG } from "../src/config.ts";
import { type Boundary, withErrorBoundary } from "../src/error-boundary.ts";
import { AgentError, errorToJson, MessageProcessingError, StaleLeaseError, WorkflowError } from "../src/errors.ts";
import { createLogger } from "../src/log.ts";

const IDS = { operationName: "turn.ask", tenantId: "t-1", correlationId: "c-1", messageId: "m-1" };
const SECRET = "Maria's number is +4915112345678";
const thrownBy = (operation: () => unknown, boundary: Partial<Boundary> = {}): Promise<unknown> =>
  withErrorBoundary(operation, { ...IDS, ...boundary }).then(
    () => "nothing was thrown",
    (error) => error,
  );

describe("withErrorBoundary", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("gives what the operation gives, and leaves no timer", async () => {
    expect(await withErrorBoundary(async () => 7, IDS)).toBe(7);
    expect(await withErrorBoundary(() => 8, IDS)).toBe(8);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ["default", 30_000, "OPERATION_TIMEOUT", WorkflowError],
    ["agent", 120_000, "AGENT_TIMEOUT", AgentError],
    ["payment", 60_000, "PAYMENT_TIMEOUT", WorkflowError],
    ["media", 300_000, "MEDIA_TIMEOUT", WorkflowError],
  ] as const)("ends %s work after %i ms with a retryable %s, and tells it to stop", async (kind, limit, code, type) => {
    let told: AbortSignal | undefined;
    const running = withErrorBoundary(
      (signal) => {
        told = signal;
        return new Promise<never>(() => {});
      },
      { ...IDS, kind },
    ).catch((caught: WorkflowError) => caught);
    await vi.advanceTimersByTimeAsync(limit - 1);
    expect(told?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const error = await running;
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code, retryable: true, recoverable: true });
    expect(error.context).toEqual({
      operation: "turn.ask",
      tenantId: "t-1",
      correlationId: "c-1",
      messageId: "m-1",
      timeoutMs: limit,
    });
    expect(told?.aborted).toBe(true);
  });

  test("lets work of no kind take its time", async () => {
    let end: (value: string) => void = () => {};
    const running = withErrorBoundary(() => new Promise<string>((resolve) => (end = resolve)), {
      ...IDS,
      kind: "none",
    });
    await vi.advanceTimersByTimeAsync(86_400_000);
    end("late");
    expect(await running).toBe("late");
  });

  test("ends with the caller's reason, before and while it runs, without a word in the log", async () => {
    const lines: string[] = [];
    const log = createLogger("test", "debug", (line) => lines.push(line));
    const reason = new StaleLeaseError("the lease is gone", { code: "SB001" });
    expect(await thrownBy(() => 1, { signal: AbortSignal.abort(reason), log })).toBe(reason);
    const controller = new AbortController();
    const running = thrownBy(() => new Promise(() => {}), { signal: controller.signal, log });
    controller.abort(reason);
    expect(await running).toBe(reason);
    expect(lines).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("what is thrown", () => {
  test("of the product comes out as it is", async () => {
    for (const error of [
      new AgentError("x", { code: "a" }),
      new MessageProcessingError("x", { code: "b" }),
      new StaleLeaseError("x", { code: "c" }),
    ])
      expect(await thrownBy(() => Promise.reject(error))).toBe(error);
  });

  test.each([
    [{ kind: "agent" }, AgentError],
    [{ thrower: "message" }, MessageProcessingError],
    [{}, WorkflowError],
  ] as const)("without a class gets that of its work: %j", async (boundary, type) => {
    const cause = Object.assign(new Error(SECRET), { code: "22P02" });
    const error = await thrownBy(() => Promise.reject(cause), boundary);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code: "22P02", retryable: true, cause });
    expect(errorToJson(error)).toMatchObject({ name: type.name, context: { operation: "turn.ask", messageId: "m-1" } });
    expect(JSON.stringify(errorToJson(error))).not.toContain("Maria");
  });

  test("because something is malformed is not tried again, and says where, never what", async () => {
    const error = await thrownBy(() => z.object({ phone: z.number() }).parse({ phone: SECRET }));
    expect(error).toBeInstanceOf(MessageProcessingError);
    expect(error).toMatchObject({ code: "malformed", retryable: false });
    expect(JSON.stringify(errorToJson(error))).toContain("phone: invalid_type");
    expect(JSON.stringify(errorToJson(error))).not.toContain("Maria");
  });

  test.each([["a text"], [undefined], [{ code: SECRET.repeat(3) }]])(
    "that is no error is one afterwards: %j",
    async (thrown) => {
      const error = await thrownBy(() => Promise.reject(thrown));
      expect(error).toMatchObject({ name: "WorkflowError", code: "thrown" });
    },
  );

  test("is logged once, with the ids and nothing personal", async () => {
    const lines: string[] = [];
    const log = createLogger("test", "debug", (line) => lines.push(line));
    await thrownBy(() => Promise.reject(new Error(SECRET)), { log });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "warn",
      operation: "turn.ask",
      tenantId: "t-1",
      correlationId: "c-1",
      messageId: "m-1",
      code: "Error",
      retryable: true,
    });
    expect(lines[0]).not.toMatch(/Maria|49151/);
  });
});

describe("WEBHOOK_CONFIG", () => {
  test("is what the operations manual says, unless a variable says otherwise", () => {
    expect(readWebhookConfig({})).toEqual({
      timeouts: { default: 30_000, agent: 120_000, payment: 60_000, media: 300_000 },
      retry: { attempts: 3, factor: 2, firstMs: 1_000, mostMs: 30_000 },
      queue: { tries: 12 },
      breakers: {
        standard: { errorThresholdPercentage: 50, resetTimeoutMs: 60_000, volumeThreshold: 5, windowMs: 30_000 },
        agent: { errorThresholdPercentage: 60, resetTimeoutMs: 120_000, volumeThreshold: 5, windowMs: 60_000 },
      },
      dedupe: { keepDays: undefined },
    });
    const changed = readWebhookConfig({
      WEBHOOK_AGENT_TIMEOUT_SECONDS: "5",
      WEBHOOK_RETRY_FIRST_SECONDS: "60",
      WEBHOOK_DEDUPE_DAYS: "90",
    });
    expect(changed).toMatchObject({
      timeouts: { agent: 5_000 },
      retry: { firstMs: 60_000, mostMs: 60_000 },
      dedupe: { keepDays: 90 },
    });
    expect(() => readWebhookConfig({ WEBHOOK_TIMEOUT_SECONDS: "soon" })).toThrow("WEBHOOK_TIMEOUT_SECONDS");
  });

  test("is read once for the process", () => {
    expect(WEBHOOK_CONFIG.timeouts).toBe(WEBHOOK_CONFIG.timeouts);
    expect(Object.keys(WEBHOOK_CONFIG)).toEqual(Object.keys(readWebhookConfig({})));
  });
});

import { expect, test, vi } from "vitest";
import { DatabaseUnavailableError } from "../../src/errors.ts";
import { persist } from "../../src/handlers/persist.ts";

const away = () => new DatabaseUnavailableError("away", { code: "NETWORK" });
const never = new AbortController().signal;

test("repeats a write until Postgres is back", async () => {
  const write = vi.fn().mockRejectedValueOnce(away()).mockRejectedValueOnce(away()).mockResolvedValue("written");
  expect(await persist(write, never)).toBe("written");
  expect(write).toHaveBeenCalledTimes(3);
});

test("does not repeat what failed for another reason", async () => {
  const write = vi.fn().mockRejectedValue(new Error("refused"));
  await expect(persist(write, never)).rejects.toThrow("refused");
  expect(write).toHaveBeenCalledTimes(1);
});

test("is ended by its signal, also while it waits", async () => {
  const controller = new AbortController();
  const write = vi.fn().mockImplementation(() => {
    if (write.mock.calls.length === 2) queueMicrotask(() => controller.abort());
    return Promise.reject(away());
  });
  await expect(persist(write, controller.signal)).rejects.toThrow("away");
  expect(write.mock.calls.length).toBeLessThanOrEqual(3);
});

test("loses patience", async () => {
  vi.useFakeTimers();
  try {
    const write = vi.fn().mockImplementation(() => Promise.reject(away()));
    const outcome = expect(persist(write, never)).rejects.toThrow("away");
    await vi.advanceTimersByTimeAsync(120_000);
    await outcome;
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

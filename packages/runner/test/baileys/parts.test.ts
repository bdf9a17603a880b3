// Small parts: what the library may log, what is remembered how long, and for how many there is room.
import { createLogger } from "@switchboard/commons/log.ts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { libraryLog } from "../../src/baileys/library-log.ts";
import { createTtlCache } from "../../src/baileys/ttl-cache.ts";
import { roomFor } from "../../src/session-settings.ts";

describe("the library's log", () => {
  test("is kept without its objects, and without numbers", () => {
    const lines: string[] = [];
    const log = libraryLog(createLogger("test", "debug", (line) => lines.push(line)));
    log.error({ key: "private", jid: "15550001111" }, "failed for 15550001111@s.whatsapp.net");
    log.warn("plain words");
    log.child({ secret: 1 }).info({ me: "15550001111" }, "logged in");
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toMatch(/private|1555/);
    expect(lines[0]).toContain("failed for [number]@s.whatsapp.net");
  });
});

describe("a cache", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("forgets after its time, and the oldest when it is full", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const cache = createTtlCache({ ttlMs: 1_000, size: 2 });
    for (const key of ["a", "b", "c"]) cache.set(key, key);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([undefined, "b", "c"]);
    vi.advanceTimersByTime(1_000);
    expect(cache.get("b")).toBeUndefined();
    cache.set("b", 2);
    cache.del("b");
    expect(cache.get("b")).toBeUndefined();
  });
});

describe("room for sessions", () => {
  const settings = {
    ...{ SESSION_CAP: 100, SESSION_MEMORY_MB: 500, SESSION_LEASE_SECONDS: 30 },
    ...{ WHATSAPP_WEB_URL: "wss://web.whatsapp.com/ws/chat", WHATSAPP_WEB_VERSION: undefined },
  };
  test.each([
    [0, 100, 40],
    [99, 100, 1],
    [100, 100, 0],
    [120, 100, 0],
    [10, 495, 0],
    [10, 700, 0],
  ])("%i held and %i MB resident: %i more", (held, rssMb, room) => {
    expect(roomFor(held, settings, rssMb)).toBe(room);
  });
});

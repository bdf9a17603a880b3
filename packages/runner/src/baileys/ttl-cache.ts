// A cache for Baileys that outlives its sockets: what it holds is forgotten after a time, the oldest first when it is full.
import type { SocketConfig } from "./baileys.ts";

type CacheStore = NonNullable<SocketConfig["msgRetryCounterCache"]>;

/**
 * Makes a cache.
 * @param options - how long an entry is kept, in ms, and how many there may be
 */
export function createTtlCache({ ttlMs, size }: { readonly ttlMs: number; readonly size: number }): CacheStore {
  const entries = new Map<string, { readonly value: unknown; readonly until: number }>();
  return {
    get<T>(key: string) {
      const found = entries.get(key);
      if (found === undefined || found.until <= performance.now()) return undefined;
      // SAFETY: the library reads a key with the type under which it wrote it.
      return found.value as T;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, { value, until: performance.now() + ttlMs });
      const [oldest] = entries.keys();
      if (entries.size > size && oldest !== undefined) entries.delete(oldest);
    },
    del: (key) => void entries.delete(key),
    flushAll: () => entries.clear(),
  };
}

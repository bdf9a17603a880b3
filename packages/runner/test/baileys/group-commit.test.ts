// Writes of a session: in order, together, and none after a failure.
import { describe, expect, test, vi } from "vitest";
import { type Entry, GroupCommit } from "../../src/baileys/group-commit.ts";

/** A commit whose writes end when the test says so. */
function controlled() {
  const batches: (readonly Entry[])[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const onCommit = vi.fn();
  const onFailure = vi.fn();
  const commit = new GroupCommit({
    onCommit,
    onFailure,
    write(batch) {
      batches.push(batch);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    },
  });
  return { commit, batches, ends, onCommit, onFailure };
}
const entry = (id: string, value: unknown = id): Entry => ({ kind: "session", id, value });

describe("a group commit", () => {
  test("what comes while a write is on its way goes with the next one, the latest value of each key", async () => {
    const { commit, batches, ends } = controlled();
    const first = commit.add([entry("1")]);
    await vi.waitFor(() => expect(batches).toHaveLength(1));
    const others = ["a", "b", "c"].map((value) => commit.add([entry("1", value), entry(value)]));
    expect(commit.find("session", "1")?.value).toBe("c");
    ends[0]?.resolve();
    await first;
    await vi.waitFor(() => expect(batches).toHaveLength(2));
    expect(batches[1]?.map(({ id, value }) => `${id}=${value}`)).toEqual(["1=c", "a=a", "b=b", "c=c"]);
    ends[1]?.resolve();
    await Promise.all(others);
    expect(commit.stats).toEqual({ writes: 2, entries: 5 });
    expect(commit.find("session", "1")).toBeUndefined();
  });

  test("what is on its way is found before it is committed", async () => {
    const { commit, ends, batches } = controlled();
    const added = commit.add([entry("1", "new")]);
    await vi.waitFor(() => expect(batches).toHaveLength(1));
    expect(commit.find("session", "1")?.value).toBe("new");
    ends[0]?.resolve();
    await added;
  });

  test("after a failure nothing is written, and it is told once", async () => {
    const { commit, ends, batches, onCommit, onFailure } = controlled();
    const first = commit.add([entry("1")]);
    await vi.waitFor(() => expect(batches).toHaveLength(1));
    const second = commit.add([entry("2")]);
    const failure = new Error("no way");
    ends[0]?.reject(failure);
    await expect(first).rejects.toBe(failure);
    await expect(second).rejects.toBe(failure);
    await expect(commit.add([entry("3")])).rejects.toBe(failure);
    await commit.idle();
    expect(batches).toHaveLength(1);
    expect(onCommit).not.toHaveBeenCalled();
    expect(onFailure.mock.calls).toEqual([[failure]]);
  });
});

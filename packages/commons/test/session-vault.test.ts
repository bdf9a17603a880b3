// Keys at rest: in their own place only, under any of the master keys, and never in clear.
import { describe, expect, test } from "vitest";
import { openSessionVault } from "../src/session-vault.ts";

const key = (letter: string) => btoa(letter.repeat(32));
const OLD = `k1:${key("a")}`;
const ROTATED = `k2:${key("b")},${OLD}`;
const place = { kind: "session", id: "15550001.0" };

describe("the vault of a session", () => {
  test("opens what it sealed, whatever its length and alphabet", async () => {
    const vault = openSessionVault(OLD, "account");
    for (const text of ["", "hello", "ñ 你好 👍", "x".repeat(100_000)]) {
      const body = await vault.seal(place, text);
      expect(await vault.open(place, { keyId: vault.keyId, body })).toBe(text);
    }
  });

  test("seals the same text differently each time, and never in clear", async () => {
    const vault = openSessionVault(OLD, "account");
    const bodies = await Promise.all([vault.seal(place, "a secret"), vault.seal(place, "a secret")]);
    expect(bodies[0]).not.toBe(bodies[1]);
    expect(atob(bodies[0])).not.toContain("secret");
  });

  test.each([
    ["another kind", "account", { ...place, kind: "pre-key" }],
    ["another id", "account", { ...place, id: "15550002.0" }],
    ["another session", "other account", place],
  ])("does not open it as %s", async (_, account, where) => {
    const body = await openSessionVault(OLD, "account").seal(place, "a secret");
    const opening = openSessionVault(OLD, account).open(where, { keyId: "k1", body });
    await expect(opening).rejects.toMatchObject({ code: "session_unreadable" });
  });

  test("does not open what was changed", async () => {
    const vault = openSessionVault(OLD, "account");
    const body = await vault.seal(place, "a secret");
    const changed = `${body.startsWith("A") ? "B" : "A"}${body.slice(1)}`;
    await expect(vault.open(place, { keyId: "k1", body: changed })).rejects.toMatchObject({
      code: "session_unreadable",
    });
    await expect(vault.open(place, { keyId: "k1", body: "?" })).rejects.toMatchObject({ code: "session_unreadable" });
  });

  test("after a rotation the first key seals and both open; without the old one it says which is missing", async () => {
    const body = await openSessionVault(OLD, "account").seal(place, "a secret");
    const rotated = openSessionVault(ROTATED, "account");
    expect(rotated.keyId).toBe("k2");
    expect(await rotated.open(place, { keyId: "k1", body })).toBe("a secret");
    const missing = openSessionVault(`k2:${key("b")}`, "account").open(place, { keyId: "k1", body });
    await expect(missing).rejects.toMatchObject({ code: "master_key_missing", context: { keyId: "k1" } });
  });
});

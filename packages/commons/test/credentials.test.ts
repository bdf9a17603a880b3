// Encryption of credentials at rest.
import { describe, expect, test } from "vitest";
import { decryptCredentials, encryptCredentials, parseMasterKeys } from "../src/credentials.ts";
import { ConfigError } from "../src/env.ts";

const keyText = (fill: number): string => Buffer.alloc(32, fill).toString("base64");
const k1 = `k1:${keyText(1)}`;
const k2 = `k2:${keyText(2)}`;
const secret = { accessToken: "EAAtest-token ä😀" };

describe("credentials", () => {
  test("come back as they went in", async () => {
    const keys = await parseMasterKeys(k1);
    const stored = await encryptCredentials(secret, keys, "account-1");
    expect(stored.keyId).toBe("k1");
    expect(stored.ciphertext).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(await decryptCredentials(stored, keys, "account-1")).toEqual(secret);
  });

  test("look different every time", async () => {
    const keys = await parseMasterKeys(k1);
    const stored = await Promise.all([1, 2, 3].map(() => encryptCredentials(secret, keys, "a")));
    expect(new Set(stored.map(({ ciphertext }) => ciphertext)).size).toBe(3);
  });

  test("survive a rotation: the first key encrypts, all decrypt", async () => {
    const before = await encryptCredentials(secret, await parseMasterKeys(k1), "a");
    const keys = await parseMasterKeys(`${k2}, ${k1}`);
    expect(await decryptCredentials(before, keys, "a")).toEqual(secret);
    expect((await encryptCredentials(secret, keys, "a")).keyId).toBe("k2");
  });

  test("of a key that is gone name the key", async () => {
    const stored = await encryptCredentials(secret, await parseMasterKeys(k1), "a");
    await expect(decryptCredentials(stored, await parseMasterKeys(k2), "a")).rejects.toMatchObject({
      code: "master_key_missing",
      context: { keyId: "k1" },
    });
  });

  test("cannot be read in another place, with another key, or after any change", async () => {
    const keys = await parseMasterKeys(k1);
    const stored = await encryptCredentials(secret, keys, "account-1");
    const others = await parseMasterKeys(`k1:${keyText(9)}`);
    const flipped = (at: number): string => {
      const bytes = Buffer.from(stored.ciphertext, "base64url");
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes.toString("base64url");
    };
    const tries = [
      decryptCredentials(stored, keys, "account-2"),
      decryptCredentials(stored, others, "account-1"),
      ...[0, 12, 40].map((at) => decryptCredentials({ ...stored, ciphertext: flipped(at) }, keys, "account-1")),
      ...["", "AA", "%%%"].map((ciphertext) => decryptCredentials({ ...stored, ciphertext }, keys, "account-1")),
    ];
    for (const failure of await Promise.all(tries.map((one) => one.catch((error: unknown) => error)))) {
      expect(failure).toMatchObject({ code: "credentials_unreadable" });
      expect(failure).not.toHaveProperty("cause", expect.anything());
      expect(String(failure)).not.toContain(stored.ciphertext);
    }
  });
});

describe("MASTER_KEYS", () => {
  test.each([
    ["nothing", ""],
    ["no name", keyText(1)],
    ["a key that is too short", `k1:${Buffer.alloc(16).toString("base64")}`],
    ["no base64", "k1:%%%"],
    ["an empty item", `${k1},`],
    ["a name twice", `${k1},k1:${keyText(2)}`],
  ])("with %s is refused without quoting it", async (_, text) => {
    const failure = await parseMasterKeys(text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(String(failure)).toContain("MASTER_KEYS");
    expect(String(failure)).not.toContain(keyText(1));
  });
});

// Keys for the HTTP API: what is shown, what is kept, and what is recognised.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { digestApiKey, makeApiKey } from "../src/api-keys.ts";

test("a key is found by its prefix and known by its hash, each another one", async () => {
  const [one, two] = [await makeApiKey(), await makeApiKey()];
  expect(one.key).toMatch(/^sbk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
  expect(one.hash).toBe(createHash("sha256").update(one.key).digest("hex"));
  expect(await digestApiKey(one.key)).toEqual({ prefix: one.prefix, hash: one.hash });
  expect(two.key).not.toBe(one.key);
});

test.each(["", "sbk_", "sb_secret_x", "sbk_abcdef012345_short", `sbk_ABCDEF012345_${"a".repeat(43)}`])(
  "%o has not the form of a key",
  async (text) => expect(await digestApiKey(text)).toBeUndefined(),
);

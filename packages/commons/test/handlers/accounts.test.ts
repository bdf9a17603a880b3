// The store of accounts against a real Postgres.
import { describe, expect, test } from "vitest";
import { encryptCredentials, parseMasterKeys } from "../../src/credentials.ts";
import type { Database } from "../../src/db/database.ts";
import { setAccountCredentials } from "../../src/db/tenancy.ts";
import { createAccountStore } from "../../src/handlers/accounts.ts";
import { awayDatabase } from "../support/away.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { createWorld } from "../support/world.ts";

/** A database that counts its queries. */
function counting(db: Database) {
  const counter = { queries: 0 };
  const query: Database["query"] = (text, values) => {
    counter.queries += 1;
    return db.query(text, values);
  };
  return { counter, db: { query } };
}

describeWithPostgres("the account store", () => {
  const db = openTestDatabase();

  test("gives an account with its credentials, asked once a minute however many ask", async () => {
    const { keys, shard, accountId, externalId } = await createWorld(db);
    const { counter, db: counted } = counting(db);
    let now = 0;
    const accounts = createAccountStore(counted, keys, () => now);
    const asked = await Promise.all([accounts.get(shard, accountId), accounts.get(shard, accountId)]);
    expect(asked[0]).toEqual({ provider: "cloud_api", externalId, credentials: { accessToken: "token" } });
    now = 59_999;
    await accounts.get(shard, accountId);
    expect(counter.queries).toBe(1);

    const rotated = await encryptCredentials({ accessToken: "rotated" }, keys, accountId);
    await setAccountCredentials(db, shard, accountId, rotated);
    now = 60_000;
    expect(await accounts.get(shard, accountId)).toMatchObject({ credentials: { accessToken: "rotated" } });
    expect(counter.queries).toBe(2);
  });

  test("says what is missing, and does not remember that it was", async () => {
    const { keys, shard, accountId, rows } = await createWorld(db);
    const accounts = createAccountStore(db, keys);
    const [kept] = await rows("delete from app.whatsapp_account_credentials where shard = $1 returning *");
    await expect(accounts.get(shard, accountId)).rejects.toMatchObject({ code: "credentials_missing" });
    await setAccountCredentials(db, shard, accountId, { keyId: kept.key_id, ciphertext: kept.ciphertext });
    expect(await accounts.get(shard, accountId)).toMatchObject({ credentials: { accessToken: "token" } });
  });

  test("refuses credentials of another account and of an unknown key", async () => {
    const { keys, shard, accountId } = await createWorld(db);
    const otherKeys = await parseMasterKeys(`k2:${btoa("x".repeat(32))}`);
    await expect(createAccountStore(db, otherKeys).get(shard, accountId)).rejects.toMatchObject({
      code: "master_key_missing",
    });
    const foreign = await encryptCredentials({ accessToken: "token" }, keys, crypto.randomUUID());
    await setAccountCredentials(db, shard, accountId, foreign);
    await expect(createAccountStore(db, keys).get(shard, accountId)).rejects.toMatchObject({
      code: "credentials_unreadable",
    });
  });

  test("knows no account of another shard", async () => {
    const { keys, shard, accountId } = await createWorld(db);
    const accounts = createAccountStore(db, keys);
    await expect(accounts.get(shard - 1, accountId)).rejects.toMatchObject({ code: "credentials_missing" });
  });
});

describe("the account store without Postgres", () => {
  test("fails with what Postgres's absence is, and is asked anew each time", async () => {
    const { counter, db } = counting(awayDatabase());
    const accounts = createAccountStore(db, new Map());
    for (const _ of [1, 2])
      await expect(accounts.get(0, "a")).rejects.toMatchObject({ name: "DatabaseUnavailableError" });
    expect(counter.queries).toBe(2);
  });
});

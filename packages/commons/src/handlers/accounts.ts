// The accounts that a worker sends through, with their credentials decrypted, kept for a minute.
import { decryptCredentials, type MasterKeys } from "../credentials.ts";
import type { Database } from "../db/database.ts";
import { getAccount } from "../db/tenancy.ts";
import { InvalidInputError } from "../errors.ts";
import type { ProviderAccount } from "../providers/provider.ts";

const KEEP_MS = 60_000;

/** An account that can be sent through. */
export interface SendingAccount extends ProviderAccount {
  readonly provider: string;
}

/** Gives accounts by id. */
export interface AccountStore {
  /**
   * @param credentialsAt - when the credentials were set, as far as the caller knows: what is kept from before is read anew
   * @throws InvalidInputError when there is no such account, or it has no credentials, or they cannot be decrypted
   */
  get(shard: number, accountId: string, credentialsAt?: string): Promise<SendingAccount>;
}

/**
 * Reads accounts from Postgres and remembers them for a minute, so that rotated credentials are taken up soon. Callers
 * who ask at the same time share one reading; a failure is not remembered.
 * @param keys - the master keys that decrypt credentials
 * @param now - the clock, in milliseconds since 1970
 */
export function createAccountStore(db: Database, keys: MasterKeys, now: () => number = Date.now): AccountStore {
  const kept = new Map<
    string,
    { readonly account: Promise<SendingAccount>; readonly until: number; readonly credentialsAt?: string }
  >();
  const forgetExpired = () => {
    for (const [key, { until }] of kept) if (until <= now()) kept.delete(key);
  };
  return {
    async get(shard, accountId, credentialsAt) {
      const key = `${shard}:${accountId}`;
      const known = kept.get(key);
      if (known && known.until > now() && (credentialsAt ?? known.credentialsAt) === known.credentialsAt)
        return await known.account;
      forgetExpired();
      const account = load(db, keys, shard, accountId);
      kept.set(key, { account, until: now() + KEEP_MS, ...(credentialsAt === undefined ? {} : { credentialsAt }) });
      account.catch(() => {
        if (kept.get(key)?.account === account) kept.delete(key);
      });
      return await account;
    },
  };
}

async function load(db: Database, keys: MasterKeys, shard: number, accountId: string): Promise<SendingAccount> {
  const row = await getAccount(db, shard, accountId);
  if (!row?.ciphertext || !row.key_id)
    throw new InvalidInputError(`Account ${accountId} has no credentials; store them with npm run account:add.`, {
      code: "credentials_missing",
      context: { accountId },
    });
  const credentials = await decryptCredentials({ keyId: row.key_id, ciphertext: row.ciphertext }, keys, accountId);
  return { provider: row.provider, externalId: row.external_id, credentials };
}

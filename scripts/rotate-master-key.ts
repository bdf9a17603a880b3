// Encrypts the credentials of all accounts anew, under the first key of MASTER_KEYS. Idempotent; may be run again after
// a break. Credentials that somebody stores in the same moment could be overwritten: do not add accounts meanwhile.
import { parseArgs } from "node:util";
import {
  decryptCredentials,
  encryptCredentials,
  type MasterKeys,
  parseMasterKeys,
} from "@switchboard/commons/credentials.ts";
import type { Database } from "@switchboard/commons/db/database.ts";
import { getAccount, listAccounts, setAccountCredentials } from "@switchboard/commons/db/tenancy.ts";
import { readSettings } from "@switchboard/commons/env.ts";
import { findDeployment, runTool, UserError } from "./deployment.ts";

const HELP = `node scripts/rotate-master-key.ts [--dry-run]

Encrypts the credentials of all accounts anew, under the first key of MASTER_KEYS. The whole rotation:

  1. put a new key in front: MASTER_KEYS="k2:$(openssl rand -base64 32),k1:<the old one>", wherever it is set
     (.env, supabase secrets set, the runner's environment), and start the runner anew
  2. node scripts/rotate-master-key.ts
  3. take the old key away, everywhere; wait a minute first, because runners keep accounts that long

  --dry-run   only says which account is under which key

It works on SUPABASE_DB_URL with MASTER_KEYS, from the environment or .env; without SUPABASE_DB_URL on the local stack.`;

/** An account and the key it is under. */
interface Sealed {
  readonly shard: number;
  readonly id: string;
  readonly keyId: string;
}

await runTool(async () => {
  const { values } = parseArgs({ options: { "dry-run": { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  if (values.help) return console.log(HELP);
  const deployment = findDeployment();
  const settings = readSettings(["MASTER_KEYS", "SHARD_COUNT"], deployment.env);
  const keys = await parseMasterKeys(settings.MASTER_KEYS);
  const [first = ""] = keys.keys();
  const db = deployment.connect("rotate-master-key");
  try {
    const sealed = await sealedAccounts(db, settings.SHARD_COUNT);
    const others = sealed.filter(({ keyId }) => keyId !== first);
    console.log(
      `${deployment.description}: ${sealed.length} accounts with credentials, ${others.length} not under ${first}.`,
    );
    if (values["dry-run"]) return printKeys(sealed, keys);
    await rotate(db, others, keys);
  } finally {
    await db.end();
  }
});

async function sealedAccounts(db: Database, shards: number): Promise<Sealed[]> {
  const sealed: Sealed[] = [];
  for (let shard = 0; shard < shards; shard += 1)
    for (const account of await listAccounts(db, shard))
      if (account.key_id !== null) sealed.push({ shard, id: account.id, keyId: account.key_id });
  return sealed;
}

function printKeys(sealed: readonly Sealed[], keys: MasterKeys): void {
  for (const { id, keyId } of sealed) console.log(`  ${id} ${keyId}${keys.has(keyId) ? "" : " (not in MASTER_KEYS)"}`);
}

/** One account after the other; what cannot be read is told at the end and stays as it is. */
async function rotate(db: Database, accounts: readonly Sealed[], keys: MasterKeys): Promise<void> {
  const problems: string[] = [];
  for (const { shard, id } of accounts) {
    const account = await getAccount(db, shard, id);
    if (!account?.key_id || !account.ciphertext) continue; // removed since it was listed
    try {
      const credentials = await decryptCredentials({ keyId: account.key_id, ciphertext: account.ciphertext }, keys, id);
      await setAccountCredentials(db, shard, id, await encryptCredentials(credentials, keys, id));
    } catch (error) {
      problems.push(`  ${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(`${accounts.length - problems.length} accounts are encrypted anew.`);
  if (problems.length > 0)
    throw new UserError(`${problems.length} accounts stay as they were:\n${problems.join("\n")}`);
}

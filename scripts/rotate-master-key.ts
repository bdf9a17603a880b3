// Encrypts the credentials of all accounts and the keys of all linked devices anew, under the first key of MASTER_KEYS.
// Idempotent; may be run again after a break. Credentials that somebody stores in the same moment could be overwritten: do not add accounts meanwhile.
import { parseArgs } from "node:util";
import {
  decryptCredentials,
  encryptCredentials,
  type MasterKeys,
  parseMasterKeys,
} from "@switchboard/commons/credentials.ts";
import type { Database } from "@switchboard/commons/db/database.ts";
import { resealSessionRows, type SealedRow, sealedSessionRows } from "@switchboard/commons/db/session-keys.ts";
import { getAccount, listAccounts, setAccountCredentials } from "@switchboard/commons/db/tenancy.ts";
import { readSettings } from "@switchboard/commons/env.ts";
import { openSessionVault } from "@switchboard/commons/session-vault.ts";
import { findDeployment, runTool, UserError } from "./deployment.ts";

const HELP = `node scripts/rotate-master-key.ts [--dry-run]

Encrypts the credentials of all accounts and the keys of all linked devices anew, under the first key of MASTER_KEYS. Linked
devices stay connected meanwhile. The whole rotation:

  1. put a new key in front: MASTER_KEYS="k2:$(openssl rand -base64 32),k1:<the old one>", wherever it is set
     (.env, supabase secrets set, the runner's environment), and start the runner anew
  2. node scripts/rotate-master-key.ts
  3. take the old key away, everywhere; wait a minute first, because runners keep accounts that long

  --dry-run   only says which account is under which key, and how many rows of linked devices are under others

It works on SUPABASE_DB_URL with MASTER_KEYS, from the environment or .env; without SUPABASE_DB_URL on the local stack.`;

/** Rows of linked devices that are encrypted anew at once. */
const PAGE = 500;

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
    if (values["dry-run"]) {
      printKeys(sealed, keys);
      return await printSessions(db, settings.SHARD_COUNT, first);
    }
    await rotate(db, others, keys);
    await rotateSessions(db, settings, first);
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

/** The rows of linked devices that are under other keys, page by page. */
async function* sealedPages(db: Database, shards: number, keyId: string) {
  for (let shard = 0; shard < shards; shard += 1) {
    let after = "";
    for (;;) {
      const rows = await sealedSessionRows(db, shard, { keyId, after, limit: PAGE });
      const last = rows.at(-1);
      if (last === undefined) break;
      yield { shard, rows };
      after = last.place;
    }
  }
}

async function printSessions(db: Database, shards: number, keyId: string): Promise<void> {
  const counts = new Map<string, number>();
  for await (const { rows } of sealedPages(db, shards, keyId))
    for (const row of rows) counts.set(row.keyId, (counts.get(row.keyId) ?? 0) + 1);
  for (const [other, count] of counts) console.log(`  ${count} rows of linked devices under ${other}`);
}

/** Row by row; one that its runner wrote meanwhile is under the first key already, when the runner has it. */
async function rotateSessions(
  db: Database,
  settings: { readonly MASTER_KEYS: string; readonly SHARD_COUNT: number },
  keyId: string,
): Promise<void> {
  const problems = new Set<string>();
  let stored = 0;
  for await (const { shard, rows } of sealedPages(db, settings.SHARD_COUNT, keyId)) {
    for (const [accountId, mine] of Map.groupBy(rows, (row) => row.accountId)) {
      const vault = openSessionVault(settings.MASTER_KEYS, accountId);
      const resealed = await Promise.all(
        mine.map(async (row) => {
          const place = { kind: kindOf(row), id: row.id };
          try {
            const { part, kind, id, body: was } = row;
            return { part, kind, id, was, body: await vault.seal(place, await vault.open(place, row)) };
          } catch (error) {
            problems.add(`  ${accountId}: ${error instanceof Error ? error.message : String(error)}`);
            return undefined;
          }
        }),
      );
      stored += await resealSessionRows(
        db,
        { shard, accountId },
        keyId,
        resealed.filter((row) => row !== undefined),
      );
    }
  }
  console.log(`${stored} rows of linked devices are encrypted anew.`);
  if (problems.size > 0) throw new UserError(`Some linked devices stay as they were:\n${[...problems].join("\n")}`);
}

/** The kind under which a row was sealed: keys have their own, the other parts are called as they are. */
function kindOf({ part, kind }: SealedRow): string {
  return part === "keys" ? kind : part;
}

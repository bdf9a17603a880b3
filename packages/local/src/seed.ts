// Puts the demo tenant into the database, so that the simulator's phone has somebody to talk to: a small restaurant
// with its number and what its agent may answer from.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { apiScopes, digestApiKey } from "@switchboard/commons/api-keys.ts";
import { encryptCredentials, parseMasterKeys } from "@switchboard/commons/credentials.ts";
import { createApiKey, listApiKeys, type TenantOf } from "@switchboard/commons/db/api.ts";
import { createDatabase, type Database } from "@switchboard/commons/db/database.ts";
import { configureSending } from "@switchboard/commons/db/delivery.ts";
import {
  configureTenant,
  setAccountCredentials,
  upsertKnowledgeArticle,
  upsertTenant,
  upsertWhatsappAccount,
} from "@switchboard/commons/db/tenancy.ts";
import { readSettings } from "@switchboard/commons/env.ts";

const SHARD = 0;
const KNOWLEDGE = path.resolve(import.meta.dirname, "../../agents/demo");

/**
 * Seeds the demo tenant. Idempotent: runs at every `npm start`, after the migrations.
 * @param options.databaseUrl - connection string of the user `postgres`
 * @param options.env - the platform's variables, such as MASTER_KEYS
 * @param options.apiKey - for the HTTP API
 */
export async function seedDemo(options: {
  readonly databaseUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The tenant's key for the HTTP API. */
  readonly apiKey: string;
}): Promise<void> {
  const settings = readSettings(["MASTER_KEYS", "SIMULATOR_ACCESS_TOKEN"], options.env);
  const db = createDatabase({
    url: options.databaseUrl,
    role: "service_role",
    size: 1,
    applicationName: "switchboard seed",
  });
  try {
    const tenantId = await upsertTenant(db, SHARD, "demo", "Luna Bistro");
    await configureTenant(db, SHARD, tenantId, { unknownSendPolicy: "resend_once", unknownSendWaitSeconds: 15 });
    const accountId = await upsertWhatsappAccount(db, SHARD, tenantId, {
      provider: "cloud_api",
      externalId: "100000000000001",
      displayPhone: "+1 555 010 0001",
      name: "Luna Bistro",
      agent: "agent:concierge",
    });
    await configureSending(db, SHARD, accountId, { businessId: "200000000000001" });
    const credentials = { accessToken: settings.SIMULATOR_ACCESS_TOKEN };
    const keys = await parseMasterKeys(settings.MASTER_KEYS);
    await setAccountCredentials(db, SHARD, accountId, await encryptCredentials(credentials, keys, accountId));
    await seedApiKey(db, { shard: SHARD, tenantId }, options.apiKey);
    for (const article of await readArticles()) await upsertKnowledgeArticle(db, SHARD, tenantId, article);
  } finally {
    await db.end();
  }
}

/** Stores the key, unless an earlier start did. */
async function seedApiKey(db: Database, tenant: TenantOf, apiKey: string): Promise<void> {
  const digest = await digestApiKey(apiKey);
  if (digest === undefined) throw new Error("apiKey in keys.json is no API key; take the line out and start again.");
  const known = await listApiKeys(db, tenant);
  if (known.some(({ prefix }) => prefix === digest.prefix)) return;
  await createApiKey(db, tenant, { name: "local stack", ...digest, scopes: apiScopes });
}

/** The articles of the demo: files whose first line is `# Title` and whose rest is the body. */
async function readArticles(): Promise<{ title: string; body: string }[]> {
  const files = (await readdir(KNOWLEDGE)).filter((file) => file.endsWith(".md")).sort();
  return await Promise.all(
    files.map(async (file) => {
      const [first = "", ...rest] = (await readFile(path.join(KNOWLEDGE, file), "utf8")).split("\n");
      return { title: first.replace(/^#\s*/, "").trim(), body: rest.join("\n").trim() };
    }),
  );
}

// Tenants, accounts and knowledge: each function is the SQL function of the same name.
import { callRows, callValue, type Database } from "./database.ts";

/** Creates a tenant or renames it; returns its id. See upsert_tenant.sql. */
export async function upsertTenant(db: Database, shard: number, slug: string, name: string): Promise<string> {
  return await callValue(db, "upsert_tenant", { p_shard: shard, p_slug: slug, p_name: name });
}

/** Settings of a tenant; what is left out stays as it is. */
export interface TenantSettings {
  /** How long a burst rests after a message that looks complete. */
  readonly burstQuietMs?: number;
  /** How long it rests after one that looks unfinished. */
  readonly burstLongQuietMs?: number;
  /** How long it waits at most after its first message, whatever is typed or processed meanwhile. */
  readonly burstMaxWaitMs?: number;
  /** Whether an answer that has not begun to leave is dropped when the customer writes more, for one to everything. */
  readonly onNewMessage?: "supersede" | "queue";
  readonly takeoverPauseMinutes?: number;
  readonly unknownSendPolicy?: "leave" | "resend_once";
  readonly unknownSendWaitSeconds?: number;
  /** Share of the workers beside other tenants that have work waiting. */
  readonly weight?: number;
  /** Most lanes in work at once, in each queue. */
  readonly maxConcurrency?: number;
}

/** Changes settings of a tenant. See configure_tenant.sql. */
export async function configureTenant(
  db: Database,
  shard: number,
  tenantId: string,
  settings: TenantSettings,
): Promise<void> {
  await callValue(db, "configure_tenant", {
    p_shard: shard,
    p_tenant_id: tenantId,
    p_burst_quiet_ms: settings.burstQuietMs ?? null,
    p_burst_long_quiet_ms: settings.burstLongQuietMs ?? null,
    p_on_new_message: settings.onNewMessage ?? null,
    p_burst_max_wait_ms: settings.burstMaxWaitMs ?? null,
    p_takeover_pause_minutes: settings.takeoverPauseMinutes ?? null,
    p_unknown_send_policy: settings.unknownSendPolicy ?? null,
    p_unknown_send_wait_s: settings.unknownSendWaitSeconds ?? null,
    p_weight: settings.weight ?? null,
    p_max_concurrency: settings.maxConcurrency ?? null,
  });
}

/** An account as it is registered. */
export interface AccountSettings {
  readonly provider: string;
  readonly externalId: string;
  readonly displayPhone: string;
  readonly name: string;
  /** Name of the service that answers, such as `agent:concierge`. */
  readonly agent: string;
}

/** Creates or updates an account; returns its id. See upsert_whatsapp_account.sql. */
export async function upsertWhatsappAccount(
  db: Database,
  shard: number,
  tenantId: string,
  account: AccountSettings,
): Promise<string> {
  return await callValue(db, "upsert_whatsapp_account", {
    p_shard: shard,
    p_tenant_id: tenantId,
    p_provider: account.provider,
    p_external_id: account.externalId,
    p_display_phone: account.displayPhone,
    p_name: account.name,
    p_agent: account.agent,
  });
}

/** Stores encrypted credentials. See set_account_credentials.sql. */
export async function setAccountCredentials(
  db: Database,
  shard: number,
  accountId: string,
  encrypted: { readonly keyId: string; readonly ciphertext: string },
): Promise<void> {
  await callValue(db, "set_account_credentials", {
    p_shard: shard,
    p_account_id: accountId,
    p_key_id: encrypted.keyId,
    p_ciphertext: encrypted.ciphertext,
  });
}

/** An account and its encrypted credentials; undefined when there is none. See get_account.sql. */
export async function getAccount(db: Database, shard: number, accountId: string) {
  const [account] = await callRows(db, "get_account", { p_shard: shard, p_account_id: accountId });
  return account;
}

/** The accounts of a shard, each with the name of the key that its credentials are encrypted with. See list_accounts.sql. */
export async function listAccounts(db: Database, shard: number) {
  return await callRows(db, "list_accounts", { p_shard: shard });
}

/** Creates an article or replaces its text; returns its id. See upsert_knowledge_article.sql. */
export async function upsertKnowledgeArticle(
  db: Database,
  shard: number,
  tenantId: string,
  article: { readonly title: string; readonly body: string },
): Promise<string> {
  return await callValue(db, "upsert_knowledge_article", {
    p_shard: shard,
    p_tenant_id: tenantId,
    p_title: article.title,
    p_body: article.body,
  });
}

/** The articles that share words with a question, best first. See search_knowledge.sql. */
export async function searchKnowledge(
  db: Database,
  shard: number,
  tenantId: string,
  search: { readonly query: string; readonly limit: number },
) {
  return await callRows(db, "search_knowledge", {
    p_shard: shard,
    p_tenant_id: tenantId,
    p_query: search.query,
    p_limit: search.limit,
  });
}

/** The tenant of a slug; undefined when there is none. See find_tenant.sql. */
export async function findTenant(
  db: Database,
  slug: string,
): Promise<{ readonly shard: number; readonly tenantId: string } | undefined> {
  const [tenant] = await callRows(db, "find_tenant", { p_slug: slug });
  return tenant === undefined ? undefined : { shard: tenant.shard, tenantId: tenant.tenant_id };
}

// What decides whether and when messages leave: each function is the SQL function of the same name.
import { z } from "zod";
import type { JsonObject } from "../json.ts";
import { callParsed, callRows, callValue, type Database } from "./database.ts";

/** Settings of a tenant about what leaves and when; null takes away what may be without. See configure_delivery.sql. */
export interface DeliverySettings {
  /** Said once before the agent's first answer, at most 300 characters. */
  readonly aiDisclosure?: string | null;
  readonly aiDisclosurePer?: "conversation" | "session";
  /** Minutes of the local day; a night goes past 1440. */
  readonly quietHours?: { readonly from: number; readonly to: number } | null;
  /** Such as `Europe/Madrid`. */
  readonly quietTimezone?: string;
  readonly quietHoursForReplies?: boolean;
  /** How long an ad that led to a chat keeps the window open. */
  readonly freeEntryHours?: number;
  /** Name of the template that carries a text when the window is closed. */
  readonly windowTemplate?: string | null;
  /** By preference. */
  readonly windowTemplateLanguages?: readonly string[];
  /** What stands for which placeholder; see fill_window_template.sql. */
  readonly windowTemplateParameters?: Readonly<Record<string, string>> | null;
  /** Longest text that goes into it, characters. */
  readonly windowTemplateTextMax?: number;
  /** en, es, pt, fr, de, it: whose opt-out and opt-in words count. */
  readonly consentLanguages?: readonly string[];
  /** Lower case, in place of the languages' own; null: the languages' own. */
  readonly optOutWords?: readonly string[] | null;
  readonly optInWords?: readonly string[] | null;
  /** Null: a sentence of the language; empty: nothing is said. */
  readonly optOutConfirmation?: string | null;
  readonly optInConfirmation?: string | null;
  /** Marketing templates only to who has asked for them. */
  readonly marketingNeedsOptIn?: boolean;
}

/** Changes settings; what is left out stays as it is. See configure_delivery.sql. */
export async function configureDelivery(
  db: Database,
  shard: number,
  tenantId: string,
  { quietHours, ...settings }: DeliverySettings,
): Promise<void> {
  const named = Object.entries(settings).map(([name, value]) => [
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  const quiet = quietHours && `[${quietHours.from},${quietHours.to})`;
  const p_settings: JsonObject = {
    ...Object.fromEntries(named),
    ...(quiet === undefined ? {} : { quiet_hours: quiet }),
  };
  await callValue(db, "configure_delivery", { p_shard: shard, p_tenant_id: tenantId, p_settings });
}

/** How an account sends; what is left out stays as it is. See configure_sending.sql. */
export interface SendingSettings {
  /** The provider's id of the business account of the number (Meta: the WABA). */
  readonly businessId?: string;
  readonly sendRatePerSecond?: number;
  readonly pairIntervalMs?: number;
  readonly pairBurst?: number;
}

/** Changes how an account sends. See configure_sending.sql. */
export async function configureSending(
  db: Database,
  shard: number,
  accountId: string,
  settings: SendingSettings,
): Promise<void> {
  await callValue(db, "configure_sending", {
    p_shard: shard,
    p_account_id: accountId,
    p_business_id: settings.businessId ?? null,
    p_send_rate_per_s: settings.sendRatePerSecond ?? null,
    p_pair_interval_ms: settings.pairIntervalMs ?? null,
    p_pair_burst: settings.pairBurst ?? null,
  });
}

/** The business accounts whose templates are to be read now. See template_syncs_due.sql. */
export async function templateSyncsDue(db: Database, shard: number) {
  return await callRows(db, "template_syncs_due", { p_shard: shard });
}

const synced = z.object({ stored: z.number(), removed: z.number() });

/**
 * Takes over the templates of a business account. See sync_templates.sql.
 * @param list.templates - all of them, as the provider describes them
 * @param list.readAt - when the listing began
 */
export async function syncTemplates(
  db: Database,
  shard: number,
  of: { readonly tenantId: string; readonly businessId: string },
  list: { readonly templates: readonly JsonObject[]; readonly readAt: Date },
): Promise<z.infer<typeof synced>> {
  const args = {
    p_shard: shard,
    p_tenant_id: of.tenantId,
    p_business_id: of.businessId,
    p_templates: list.templates,
    p_read_at: list.readAt.toISOString(),
  };
  return await callParsed(db, "sync_templates", { args, result: synced });
}

/** The templates of a tenant, or of one account's business account. See list_templates.sql. */
export async function listTemplates(db: Database, shard: number, tenantId: string, accountId?: string) {
  return await callRows(db, "list_templates", {
    p_shard: shard,
    p_tenant_id: tenantId,
    p_account_id: accountId ?? null,
  });
}

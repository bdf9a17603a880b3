// Keeps the message templates as the provider has them: reads those that are due, for whoever leads the sweepers.
import { syncTemplates, templateSyncsDue } from "../db/delivery.ts";
import { toError } from "../errors.ts";
import type { HandlerContext } from "../handlers/handler.ts";

/** What the reading needs of the handlers' context. */
export type TemplateSyncContext = Pick<HandlerContext, "db" | "accounts" | "provider" | "log"> & {
  readonly shards: readonly number[];
};

/**
 * Reads the templates that are due in all shards, one business account after the other. One that cannot be read is logged and
 * due again in ten minutes; it keeps nobody else from being read.
 * @returns how many business accounts were read
 * @throws DatabaseUnavailableError
 */
export async function syncDueTemplates(context: TemplateSyncContext, signal: AbortSignal): Promise<number> {
  let read = 0;
  for (const shard of context.shards) {
    for (const due of await templateSyncsDue(context.db, shard)) {
      if (signal.aborted) return read;
      const templates = await readTemplates(context, shard, { due, signal });
      if (templates === undefined) continue;
      const of = { tenantId: due.tenant_id, businessId: due.business_id };
      const result = await syncTemplates(context.db, shard, of, templates);
      context.log.info("message templates read", { tenantId: due.tenant_id, ...result });
      read += 1;
    }
  }
  return read;
}

async function readTemplates(
  context: TemplateSyncContext,
  shard: number,
  { due, signal }: { due: Awaited<ReturnType<typeof templateSyncsDue>>[number]; signal: AbortSignal },
) {
  try {
    const readAt = new Date();
    const account = await context.accounts.get(shard, due.account_id);
    const provider = context.provider(account.provider);
    const request = { account, businessId: due.business_id, correlationId: crypto.randomUUID(), signal };
    return { templates: (await provider.listTemplates?.(request)) ?? [], readAt };
  } catch (error) {
    context.log.warn("message templates could not be read; trying again later", {
      tenantId: due.tenant_id,
      error: toError(error),
    });
    return undefined;
  }
}

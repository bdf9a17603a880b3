// The message templates that a tenant has at its provider.
import { listTemplates } from "@switchboard/commons/db/delivery.ts";
import { z } from "zod";
import { operation } from "../operation.ts";

const template = z
  .object({
    name: z.string(),
    language: z.string().meta({ description: "Such as en_US." }),
    category: z.string().nullable().meta({ description: "MARKETING, UTILITY or AUTHENTICATION." }),
    status: z.string().meta({ description: "Only APPROVED ones can be sent." }),
    quality: z.string().nullable().meta({ description: "GREEN, YELLOW, RED or UNKNOWN." }),
    components: z.array(z.record(z.string(), z.unknown())).meta({ description: "As the provider lists them." }),
  })
  .meta({ id: "Template", description: "A message template: what may be sent outside of the 24-hour window." });

/** Lists templates. */
export const listTemplatesOperation = operation({
  method: "get",
  path: "/v1/templates",
  operationId: "listTemplates",
  tag: "Templates",
  summary: "List templates",
  description: "The tenant's message templates by name and language, as they were last read from the provider.",
  scope: "templates:read",
  query: z.strictObject({
    account_id: z.uuid().optional().meta({ description: "Only those that this number may send." }),
  }),
  success: {
    status: 200,
    description: "All of them.",
    schema: z.object({ items: z.array(template) }).meta({ id: "TemplateList", description: "The tenant's templates." }),
  },
  refusals: [],
  handle: async ({ query, acting }, { db }) => {
    const rows = await listTemplates(db, acting.shard, acting.tenantId, query.account_id);
    const items = rows.map(({ name, language, category, status, quality, components }) => ({
      ...{ name, language, category, status, quality },
      components: z.array(z.record(z.string(), z.unknown())).catch([]).parse(components),
    }));
    return { body: { items } };
  },
});

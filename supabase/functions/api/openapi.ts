// Writes openapi.json out of the operations; `--check` only compares. Not part of the door: nothing here is deployed.
//   deno run --allow-read --allow-write --config supabase/functions/deno.json supabase/functions/api/openapi.ts [--check]

import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject } from "zod-openapi";
import type { Operation } from "./operation.ts";
import { problem, type Refusal, refusals } from "./problem.ts";
import { operations } from "./routes/index.ts";

/** What every operation may answer with. */
const EVERYWHERE: readonly Refusal[] = [401, 403, 422, 429, 500, 503];
const limitHeaders = {
  ratelimit: z.string().meta({ description: "What is left: r calls, and t seconds until all are there again." }),
  "ratelimit-policy": z.string().meta({ description: "q calls in w seconds." }),
  "x-correlation-id": z.string().meta({ description: "Names this request in our logs; send your own to set it." }),
};

/** A file: the body itself, or a field of a form. */
const fileContent = {
  "multipart/form-data": {
    schema: z.object({ file: z.string().meta({ format: "binary", description: "The file." }) }),
  },
  "*/*": {
    schema: z.string().meta({ format: "binary", description: "The file itself, with its type as Content-Type." }),
  },
};

/** The document. */
export function openApiDocument() {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const each of operations) paths[each.path] = { ...paths[each.path], [each.method]: describe(each) };
  return createDocument({
    openapi: "3.1.1",
    info: {
      title: "Switchboard",
      version: "1.0.0",
      summary: "Send WhatsApp messages and see what became of them.",
      description:
        "For a tenant's own programs (API keys) and for signed-in members (tokens of Supabase Auth). Times are ISO 8601, in UTC. Errors are application/problem+json with a code and what to do about it.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      {
        url: "https://{project}.supabase.co/functions/v1/api",
        description: "A hosted project.",
        variables: { project: { default: "your-project", description: "The project's reference." } },
      },
      { url: "http://127.0.0.1:54321/functions/v1/api", description: "The local stack of npm start." },
    ],
    security: [{ apiKey: [] }, { user: [] }],
    tags: [
      { name: "Outbound messages", description: "What the tenant sends." },
      { name: "Templates", description: "What may be sent outside of the 24-hour window." },
      { name: "Media", description: "Files to send." },
      { name: "Conversations", description: "What happened with a person on a number." },
    ],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key of the tenant: sbk_<prefix>_<secret>." },
        user: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "The access token of a signed-in member.",
        },
      },
    },
  });
}

function describe(each: Operation): ZodOpenApiOperationObject {
  const statuses = [...new Set([...EVERYWHERE, ...each.refusals])].sort();
  const ok = {
    description: each.success.description,
    headers: z.object({ ...limitHeaders, ...each.success.headers?.shape }),
    content: { "application/json": { schema: each.success.schema } },
  };
  return {
    operationId: each.operationId,
    summary: each.summary,
    description: `${each.description}\n\nNeeds the scope \`${each.scope}\`.`,
    tags: [each.tag],
    requestParams: {
      ...(each.params === undefined ? {} : { path: each.params }),
      ...(each.query === undefined ? {} : { query: each.query }),
      ...(each.headers === undefined ? {} : { header: each.headers }),
    },
    ...(each.upload === true ? { requestBody: { required: true, content: fileContent } } : {}),
    ...(each.body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: each.body } } } }),
    responses: Object.fromEntries([
      [String(each.success.status), ok],
      ...statuses.map((status) => [
        String(status),
        { description: `${refusals[status]}.`, content: { "application/problem+json": { schema: problem } } },
      ]),
    ]),
  };
}

if (import.meta.main) {
  const target = new URL("openapi.json", import.meta.url);
  const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(target, text);
  else if ((await Deno.readTextFile(target)) !== text) {
    console.error("supabase/functions/api/openapi.json is not what the operations say: run `npm run api:document`.");
    Deno.exit(1);
  }
}

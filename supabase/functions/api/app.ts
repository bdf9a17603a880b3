// The HTTP API for a tenant's own programs and for signed-in members: send, look, list; see openapi.json for all of it.
// This door checks who calls, checks the request against the operation's schemas, calls the engine, and shapes errors.
import type { Database } from "@switchboard/commons/db/database.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { type FileStorage, storageSettings } from "@switchboard/commons/storage/storage.ts";
import { correlationIdOf } from "@switchboard/commons/work/correlation.ts";
import { parseJsonBody, readBody } from "@switchboard/commons/work/webhook-body.ts";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { JWTVerifyGetKey } from "jose";
import type { z } from "zod";
import { findCaller } from "./caller.ts";
import document from "./openapi.json" with { type: "json" };
import type { Operation, Services } from "./operation.ts";
import { Problem, problemResponse, toProblem } from "./problem.ts";
import { operations } from "./routes/index.ts";

/** The settings of this door. */
export const apiSettings = [
  "SUPABASE_URL",
  "SUPABASE_DB_URL",
  "SUPABASE_JWKS",
  ...storageSettings,
  "DATABASE_ROLE",
  "DATABASE_POOL_SIZE",
  "LOG_LEVEL",
] as const;

/** Largest JSON body, in bytes: WhatsApp's longest text, many times over. */
const BODY_LIMIT = 256 * 1024;
/** Of a request's schema, at most so many violations are told. */
const MOST_ERRORS = 20;
const EXPOSED = [
  "location",
  "link",
  "retry-after",
  "x-correlation-id",
  "idempotency-replayed",
  "ratelimit",
  "ratelimit-policy",
];

/** What the door works with. */
export interface ApiDoor {
  readonly db: Database;
  readonly log: Logger;
  /** The project's public keys. */
  readonly keySet: JWTVerifyGetKey;
  readonly storage: FileStorage;
  /** Address of the project, without a slash at its end. */
  readonly projectUrl: string;
}

/** The door as a Hono app. */
export function createApp({ db, log, keySet, storage, projectUrl }: ApiDoor): Hono {
  const app = new Hono().basePath("/api");
  const services: Services = { db, log, storage, publicUrl: `${projectUrl}/functions/v1/api` };
  app.use(async (c, next) => {
    await next();
    c.header("x-correlation-id", correlationIdOf(c.req.raw.headers));
  });
  // Any origin: what opens the API is a token that a page must already have, never a cookie.
  app.use(cors({ origin: "*", exposeHeaders: EXPOSED }));
  app.get("/v1/openapi.json", (c) => c.json(document, 200, { "cache-control": "public, max-age=300" }));
  for (const each of operations)
    app.on(each.method.toUpperCase(), routeOf(each.path), (c) => answer(c, each, { services, keySet }));
  for (const [path, allowed] of allowedMethods())
    app.all(path, () => {
      const detail = `Use ${allowed} here.`;
      throw new Problem(405, { code: "method_not_allowed", detail, headers: { allow: allowed } });
    });
  app.notFound((c) =>
    refuse(c, new Problem(404, { code: "no_such_route", detail: "See /v1/openapi.json for what there is." })),
  );
  app.onError((error, c) => {
    const found = toProblem(error);
    if (found === undefined)
      log.error("a request of the API failed", { correlationId: correlationIdOf(c.req.raw.headers), error });
    const hidden = { code: "internal", detail: "Something broke here; tell us the correlation_id." };
    return refuse(c, found ?? new Problem(500, hidden));
  });
  return app;
}

/** One request of an operation. */
async function answer(
  c: Context,
  operation: Operation,
  { services, keySet }: { readonly services: Services; readonly keySet: JWTVerifyGetKey },
): Promise<Response> {
  const request = c.req.raw;
  const { acting, limitHeaders } = await findCaller(request, operation.scope, { db: services.db, keySet });
  for (const [name, value] of Object.entries(limitHeaders)) c.header(name, value);
  const call = {
    params: read("path", operation.params, c.req.param()),
    query: read("query", operation.query, queryOf(c)),
    body: operation.body === undefined ? undefined : read("body", operation.body, await jsonOf(request)),
    request,
    acting,
    correlationId: correlationIdOf(request.headers),
  };
  const { body, headers } = await operation.handle(call, services);
  return c.json(body, operation.success.status, headers);
}

/** A part of the request, as its schema has it. */
function read<T>(part: string, schema: z.ZodType<T> | undefined, value: unknown): T | undefined {
  const parsed = schema?.safeParse(value);
  if (parsed === undefined || parsed.success) return parsed?.data;
  const errors = parsed.error.issues.slice(0, MOST_ERRORS).map(({ path, message }) => ({
    path: [part, ...path.map(String)].join("."),
    message,
  }));
  const where = errors.map(({ path }) => path).join(", ");
  throw new Problem(422, { code: "validation_failed", detail: `Mend ${where}.`.slice(0, 500), errors });
}

/** The query; what is given several times is a list, which no schema takes. */
function queryOf(c: Context): Record<string, string | string[]> {
  const all = Object.entries(c.req.queries());
  return Object.fromEntries(all.map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]));
}

async function jsonOf(request: Request): Promise<unknown> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw new Problem(415, { code: "unsupported_media_type", detail: "Send the body as application/json." });
  return parseJsonBody(await readBody(request, BODY_LIMIT));
}

function refuse(c: Context, problem: Problem): Response {
  const response = problemResponse(problem, correlationIdOf(c.req.raw.headers));
  for (const [name, value] of Object.entries(c.res.headers.entries())) response.headers.append(name, value);
  return response;
}

/** OpenAPI's {id} as Hono's :id. */
function routeOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** What each path allows. */
function allowedMethods(): Map<string, string> {
  const paths = Map.groupBy(operations, ({ path }) => routeOf(path));
  const methods = [...paths].map(([path, group]): [string, string] => [
    path,
    group
      .flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : ["POST"]))
      .sort()
      .join(", "),
  ]);
  return new Map([...methods, ["/v1/openapi.json", "GET, HEAD"]]);
}

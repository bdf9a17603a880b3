// Who calls: an API key of a tenant, or a signed-in member with the token of Supabase Auth. The gateway checks neither
// (verify_jwt is false), because keys come too.
import { type ApiScope, digestApiKey } from "@switchboard/commons/api-keys.ts";
import { type Acting, type ApiLimit, type KnownCaller, useApiKey, useMembership } from "@switchboard/commons/db/api.ts";
import type { Database } from "@switchboard/commons/db/database.ts";
import { errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import { Problem } from "./problem.ts";

/** What the project signs users' tokens with; both kinds are checked against public keys only. */
const ALGORITHMS = ["ES256", "RS256"];
const claims = z.object({ sub: z.uuid(), role: z.literal("authenticated") });

/** How callers are found out. */
export interface CallerSources {
  readonly db: Database;
  /** The project's public keys (JWKS). */
  readonly keySet: JWTVerifyGetKey;
}

/** A caller that may go on, and the headers that tell its limit. */
export interface Caller {
  readonly acting: Acting;
  readonly limitHeaders: Readonly<Record<string, string>>;
}

/**
 * Finds out who calls and counts the call.
 * @param scope - what the caller must be allowed to do
 * @throws Problem 401, 403, 429
 */
export async function findCaller(request: Request, scope: ApiScope, sources: CallerSources): Promise<Caller> {
  const token = tokenOf(request);
  if (token === undefined)
    throw unauthorized("no_credentials", "Send an API key or a user's token: Authorization: Bearer <...>.");
  const known = token.startsWith("sbk_") ? await byKey(token, sources) : await byToken(token, request, sources);
  const limitHeaders = headersOf(known.limit);
  if (known.outcome === "limited")
    throw new Problem(429, {
      code: "rate_limited",
      detail: `More than ${known.limit.limit} calls a minute; go on in ${known.limit.retry_s} s.`,
      headers: { ...limitHeaders, "retry-after": String(known.limit.retry_s) },
    });
  if (!known.scopes.includes(scope))
    throw new Problem(403, {
      code: "scope_missing",
      detail: `This needs ${scope}: use a key that has it, or a member whose role is more than viewer.`,
      headers: limitHeaders,
    });
  return { acting: actingOf(known, request), limitHeaders };
}

function tokenOf(request: Request): string | undefined {
  const key = request.headers.get("x-api-key");
  return key ?? /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

async function byKey(token: string, { db }: CallerSources): Promise<KnownCaller> {
  const digest = await digestApiKey(token);
  const use = digest === undefined ? { outcome: "unknown" as const } : await useApiKey(db, digest);
  if (use.outcome === "ok" || use.outcome === "limited") return use;
  const why = use.outcome === "unknown" ? "There is no such API key." : `The API key is ${use.outcome}.`;
  throw unauthorized("invalid_key", `${why} Make a new one with npm run apikey:create.`);
}

async function byToken(token: string, request: Request, { db, keySet }: CallerSources): Promise<KnownCaller> {
  const userId = await userOf(token, keySet);
  const use = await useMembership(db, userId, request.headers.get("switchboard-tenant"));
  if (use.outcome === "ok" || use.outcome === "limited") return use;
  throw new Problem(403, {
    code: use.outcome,
    detail:
      use.outcome === "no_tenant"
        ? "You are no member of such a tenant; ask its owner to add you."
        : "You are a member of several tenants: name one by its slug in the header Switchboard-Tenant.",
  });
}

/** The user that a token of Supabase Auth speaks for. */
async function userOf(token: string, keySet: JWTVerifyGetKey): Promise<string> {
  try {
    const { payload } = await jwtVerify(token, keySet, { algorithms: ALGORITHMS, requiredClaims: ["exp"] });
    const read = claims.safeParse(payload);
    if (read.success) return read.data.sub;
  } catch (cause) {
    const isTokens = cause instanceof errors.JOSEError && !(cause instanceof errors.JWKSTimeout);
    if (!isTokens || cause.code === "ERR_JOSE_GENERIC")
      throw new Problem(503, {
        code: "auth_away",
        detail: "The keys that sign users' tokens cannot be fetched now; try again.",
        headers: { "retry-after": "5" },
      });
  }
  throw unauthorized("invalid_token", "The token is not valid (any more), or not a user's; sign in again.");
}

function unauthorized(code: string, detail: string): Problem {
  const challenge = `Bearer realm="switchboard"${code === "no_credentials" ? "" : ', error="invalid_token"'}`;
  return new Problem(401, { code, detail, headers: { "www-authenticate": challenge } });
}

function actingOf({ shard, tenant_id, caller }: KnownCaller, request: Request): Acting {
  const [ip = ""] = (request.headers.get("x-forwarded-for") ?? "").split(",");
  return {
    shard,
    tenantId: tenant_id,
    actor: caller,
    author: caller.startsWith("user:") ? "person" : "system",
    ip: ip.trim() || null,
    userAgent: request.headers.get("user-agent"),
  };
}

/**
 * The limit as draft-ietf-httpapi-ratelimit-headers-10 has it, and in the three fields of its drafts up to 06, which
 * most clients read.
 */
function headersOf({ limit, remaining, reset_s }: ApiLimit): Record<string, string> {
  return {
    "ratelimit-policy": `"caller";q=${limit};w=60`,
    ratelimit: `"caller";r=${remaining};t=${reset_s}`,
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": String(reset_s),
  };
}

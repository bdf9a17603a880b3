// Makes a key for a tenant's own programs to call the HTTP API with, or ends one, or lists them. A new key is shown once:
// only its hash is kept.
import { parseArgs } from "node:util";
import { apiScopes, makeApiKey } from "@switchboard/commons/api-keys.ts";
import { createApiKey, listApiKeys, revokeApiKey, type TenantOf } from "@switchboard/commons/db/api.ts";
import type { DatabasePool } from "@switchboard/commons/db/database.ts";
import { findTenant } from "@switchboard/commons/db/tenancy.ts";
import { findDeployment, runTool, UserError } from "./deployment.ts";

const HELP = `npm run apikey:create -- --tenant <slug> --name <name> [more]

Makes an API key of a tenant and prints it, once. With --list or --revoke it does that instead.

  --tenant <slug>      the tenant
  --name <name>        what the key is for, such as "order system"
  --scopes <scopes>    separated by commas; default all: ${apiScopes.join(",")}
  --expires <days>     ends by itself after so many days; default never
  --per-minute <calls> its rate limit; default 600
  --list               lists the tenant's keys
  --revoke <prefix>    ends the key of that prefix (the part between sbk_ and the second _)

It works on SUPABASE_DB_URL, from the environment or .env; without it on the local stack.`;

const DAY_MS = 86_400_000;

await runTool(async () => {
  const { values: flags } = parseArgs({
    options: {
      tenant: { type: "string" },
      name: { type: "string" },
      scopes: { type: "string", default: apiScopes.join(",") },
      expires: { type: "string" },
      "per-minute": { type: "string", default: "600" },
      list: { type: "boolean", default: false },
      revoke: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (flags.help) return console.log(HELP);
  if (flags.tenant === undefined) throw new UserError("--tenant is missing. --help shows all.");
  const db = findDeployment().connect("apikey:create");
  try {
    const tenant = await findTenant(db, flags.tenant);
    if (tenant === undefined) throw new UserError(`There is no tenant ${flags.tenant}; npm run account:add makes one.`);
    if (flags.list) return await list(db, tenant);
    if (flags.revoke !== undefined) {
      const wasAlive = await revokeApiKey(db, tenant, flags.revoke);
      return console.log(wasAlive ? "Revoked: the next request with it is refused." : "It was revoked before.");
    }
    await create(db, tenant, flags);
  } finally {
    await db.end();
  }
});

async function create(
  db: DatabasePool,
  tenant: TenantOf,
  flags: { readonly name?: string; readonly scopes: string; readonly expires?: string; readonly "per-minute": string },
): Promise<void> {
  if (flags.name === undefined) throw new UserError("--name is missing: what is the key for?");
  const scopes = flags.scopes.split(",").map((scope) => scope.trim());
  const unknown = scopes.filter((scope) => !apiScopes.some((known) => known === scope));
  if (unknown.length > 0) throw new UserError(`--scopes ${unknown.join(",")}: there are ${apiScopes.join(", ")}.`);
  const { key, prefix, hash } = await makeApiKey();
  const perMinute = wholeNumber("--per-minute", flags["per-minute"]);
  const days = flags.expires === undefined ? undefined : wholeNumber("--expires", flags.expires);
  const expires = days === undefined ? {} : { expiresAt: new Date(Date.now() + days * DAY_MS) };
  await createApiKey(db, tenant, { name: flags.name, prefix, hash, scopes, perMinute, ...expires });
  console.log(key);
  console.error("Keep it: it is not shown again. Authorization: Bearer <key>");
}

async function list(db: DatabasePool, tenant: TenantOf): Promise<void> {
  for (const key of await listApiKeys(db, tenant)) {
    const state = key.revoked_at === null ? `last used ${key.last_used_at ?? "never"}` : `revoked ${key.revoked_at}`;
    console.log(`${key.prefix}  ${key.name}  ${key.scopes.join(",")}  ${state}`);
  }
}

function wholeNumber(flag: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UserError(`${flag} ${text}: must be a whole number.`);
  return Number(text);
}

// What the API's tests share: tenants in a real Postgres, with keys, members, and a customer who has written.
import { apiScopes, digestApiKey, makeApiKey } from "@switchboard/commons/api-keys.ts";
import { createApiKey } from "@switchboard/commons/db/api.ts";
import { createDatabase, type DatabasePool } from "@switchboard/commons/db/database.ts";
import { ingestEvents } from "@switchboard/commons/db/intake.ts";
import { upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { type FileStorage, openStorage } from "@switchboard/commons/storage/storage.ts";
import type { Hono } from "hono";
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { createApp } from "../app.ts";

/** Database of the tests; "" when there is none. */
export const databaseUrl = Deno.env.get("TEST_DATABASE_URL") ?? "";
const SHARD = 0;
const ALL = [...apiScopes];

/** One tenant. */
export interface House {
  readonly tenantId: string;
  readonly slug: string;
  readonly accountId: string;
  readonly conversationId: string;
  readonly key: string;
}

/** The door over a real database. */
export interface World {
  readonly db: DatabasePool;
  readonly app: Hono;
  readonly storage: FileStorage;
  /** What Storage holds, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Lines of the log. */
  readonly lines: string[];
  house(): Promise<House>;
  keyOf(
    house: Pick<House, "tenantId">,
    options?: { scopes?: string[]; perMinute?: number; expiresAt?: Date },
  ): Promise<string>;
  /** Token of a new user with this role in these houses. */
  member(role: string, ...houses: House[]): Promise<{ userId: string; token: string }>;
  token(claims: Record<string, unknown>, expires?: string): Promise<string>;
  close(): Promise<void>;
}

/** Opens a door. */
export async function openWorld(): Promise<World> {
  const db = createDatabase({ url: databaseUrl, role: "service_role", size: 4, applicationName: "test api" });
  const owner = createDatabase({ url: databaseUrl, role: "", size: 1, applicationName: "test api" });
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const keySet = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256" }] });
  const lines: string[] = [];
  const log = createLogger("test", "debug", (line) => lines.push(line));
  const { files, url, stop } = startStorage();
  const storage = openStorage({ SUPABASE_URL: url, SUPABASE_SECRET_KEYS: { default: "sb_secret_test" } });
  const app = createApp({ db, log, keySet, storage, projectUrl: "http://project.test" });

  const keyOf: World["keyOf"] = async ({ tenantId }, { scopes = ALL, perMinute = 60_000, expiresAt } = {}) => {
    const { key, ...digest } = await makeApiKey();
    const tenant = { shard: SHARD, tenantId };
    await createApiKey(db, tenant, { name: "test", ...digest, scopes, perMinute, ...(expiresAt ? { expiresAt } : {}) });
    return key;
  };
  const token: World["token"] = (claims, expires = "1h") =>
    new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k" }).setExpirationTime(expires).sign(privateKey);

  return {
    db,
    app,
    storage,
    files,
    lines,
    keyOf,
    token,
    house: async () => {
      const id = crypto.randomUUID();
      const slug = `api-${id}`;
      const number = `8${id.replaceAll(/\D/g, "")}`;
      const tenantId = await upsertTenant(db, SHARD, slug, "House");
      const account = {
        provider: "cloud_api",
        externalId: number,
        displayPhone: "+1 555 010 0001",
        name: "Desk",
        agent: "agent:none",
      };
      const accountId = await upsertWhatsappAccount(db, SHARD, tenantId, account);
      await ingestEvents(db, "cloud_api", [customersMessage(number, id)]);
      const { rows } = await db.query("select id from public.conversations where tenant_id = $1", [tenantId]);
      return { tenantId, slug, accountId, conversationId: String(rows[0]?.id), key: await keyOf({ tenantId }) };
    },
    member: async (role, ...houses) => {
      const userId = crypto.randomUUID();
      for (const { tenantId } of houses)
        await owner.query("insert into public.tenant_members (tenant_id, user_id, role) values ($1, $2, $3)", [
          tenantId,
          userId,
          role,
        ]);
      return { userId, token: await token({ sub: userId, role: "authenticated" }) };
    },
    close: async () => {
      await db.end();
      await owner.end();
      await stop();
    },
  };
}

/** Storage's routes as far as an upload uses them. */
function startStorage() {
  const files = new Map<string, Uint8Array>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => undefined }, async (asked) => {
    const { pathname } = new URL(asked.url);
    const root = "/storage/v1/object/media";
    if (asked.method === "POST") files.set(pathname.slice(root.length + 1), new Uint8Array(await asked.arrayBuffer()));
    else for (const path of (await asked.json()).prefixes) files.delete(path);
    return Response.json({ Key: pathname });
  });
  return { files, url: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

function customersMessage(account: string, id: string) {
  return {
    ...{
      kind: "message",
      key: `message:${id}`,
      account,
      occurred_at: new Date().toISOString(),
      correlation_id: `cor-${id}`,
    },
    ...{
      raw: {},
      identities: [{ kind: "phone", value: `1555${id.replaceAll(/\D/g, "").slice(0, 8)}` }],
      name: "Ana",
      wakes_agent: false,
    },
    message: { id: `wamid.${id}`, type: "text", text: "hello", content: {} },
  };
}

/** A request as a client makes it. */
export function request(
  path: string,
  options: { key?: string; method?: string; json?: unknown; headers?: HeadersInit } = {},
): Request {
  const headers = new Headers(options.headers);
  if (options.key !== undefined) headers.set("authorization", `Bearer ${options.key}`);
  if (options.json !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
  return new Request(`http://door.test/api${path}`, {
    method: options.method ?? (options.json === undefined ? "GET" : "POST"),
    headers,
    ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
  });
}

/** Prefix of a key. */
export async function prefixOf(key: string): Promise<string> {
  return (await digestApiKey(key))?.prefix ?? "";
}

/** A test that needs a database; skipped, and said so, without one. */
export function databaseTest(name: string, fn: (world: World) => Promise<void>): void {
  Deno.test({
    name: databaseUrl === "" ? `${name} (skipped: TEST_DATABASE_URL is not set)` : name,
    ignore: databaseUrl === "",
    fn: async () => {
      const world = await openWorld();
      try {
        await fn(world);
      } catch (error) {
        // What was logged tells why a door answered 500.
        throw world.lines.length === 0 ? error : new Error(world.lines.slice(-3).join("\n"), { cause: error });
      } finally {
        await world.close();
      }
    },
  });
}

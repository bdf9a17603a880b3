// Every secret of one local platform: API keys, the keys that sign tokens, database passwords, and the secrets of the
// product that .env does not set. Made at random at the first start and kept in DATA_DIR/keys.json (0600).
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { makeApiKey } from "@switchboard/commons/api-keys.ts";
import { exportJWK, generateKeyPair, type JWK } from "jose";

/** The content of keys.json. */
export interface Keys {
  /** API key for programs of users; acts as the role `anon`. */
  readonly publishableKey: string;
  /** API key for servers; acts as `service_role`, which sees every row. */
  readonly secretKey: string;
  /** Private key (ES256) that signs users' tokens; its public half is served as JWKS. */
  readonly signingKey: JWK;
  /** HS256 secret, known to @supabase/lite and the gateway only. */
  readonly liteSecret: string;
  /** Passwords of the database users. */
  readonly passwords: { readonly admin: string; readonly postgres: string; readonly lite: string };
  /** Meta app secret that signs webhooks; WHATSAPP_APP_SECRETS replaces it. */
  readonly appSecret: string;
  /** Token of the webhook verification; WHATSAPP_VERIFY_TOKEN replaces it. */
  readonly verifyToken: string;
  /** Keys that encrypt provider credentials; MASTER_KEYS replaces them. */
  readonly masterKeys: string;
  /** The demo tenant's key for the HTTP API. */
  readonly apiKey: string;
}

/**
 * Reads the keys of a data folder, or makes them.
 * @param dataDir - the data folder
 * @param hasDatabase - whether the folder holds a database already: its secrets are unreadable without their keys
 * @throws Error when the database is there and the keys are gone
 */
export async function readKeys(dataDir: string, hasDatabase: boolean): Promise<Keys> {
  const file = path.join(dataDir, "keys.json");
  const kept: Keys | undefined = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  if (kept?.apiKey !== undefined) return kept;
  if (kept !== undefined) return keep(file, { ...kept, apiKey: (await makeApiKey()).key }); // made before there was an API
  if (hasDatabase)
    throw new Error(
      `${file} is gone, and with it the keys of the database beside it. Put the file back, or start with --fresh to throw the data away.`,
    );
  return keep(file, await makeKeys());
}

function keep(file: string, keys: Keys): Keys {
  writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  return keys;
}

async function makeKeys(): Promise<Keys> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const signingKey = { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: "ES256", use: "sig" };
  return {
    publishableKey: `sb_publishable_${random(24)}`,
    secretKey: `sb_secret_${random(24)}`,
    signingKey,
    liteSecret: random(48),
    passwords: { admin: random(24), postgres: random(24), lite: random(24) },
    appSecret: randomBytes(16).toString("hex"), // Meta's are 32 hexadecimal digits
    verifyToken: random(24),
    apiKey: (await makeApiKey()).key,
    masterKeys: `k1:${randomBytes(32).toString("base64")}`,
  };
}

function random(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

// Keys for the HTTP API: `sbk_<prefix>_<secret>`. The prefix is public and finds the key; the secret is 256 random bits, so a
// plain SHA-256 of the whole is all that has to be kept: a slow hash protects what people choose, and nobody chose this.

const FORM = /^sbk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;
const PREFIX_BYTES = 6;

/** What a key may be allowed to do. */
export const apiScopes = [
  "messages:read",
  "messages:write",
  "conversations:read",
  "conversations:write",
  "templates:read",
  "media:write",
] as const;
/** One thing that a key may be allowed to do. */
export type ApiScope = (typeof apiScopes)[number];

/** A key as the database knows it. */
export interface ApiKeyDigest {
  readonly prefix: string;
  /** SHA-256 of the whole key, in hexadecimal digits. */
  readonly hash: string;
}

/** Makes a new key. `key` is shown once and kept by nobody but its owner. */
export async function makeApiKey(): Promise<ApiKeyDigest & { readonly key: string }> {
  const prefix = toHex(crypto.getRandomValues(new Uint8Array(PREFIX_BYTES)));
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  const key = `sbk_${prefix}_${secret}`;
  return { key, prefix, hash: await hashOf(key) };
}

/** Reads a key that somebody presents; undefined when it has not the form of one. */
export async function digestApiKey(key: string): Promise<ApiKeyDigest | undefined> {
  const prefix = FORM.exec(key)?.[1];
  return prefix === undefined ? undefined : { prefix, hash: await hashOf(key) };
}

async function hashOf(key: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key))));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

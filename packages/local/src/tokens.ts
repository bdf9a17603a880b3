// Users' tokens. Outside they are ES256 with a key id, as on the platform, so that clients and functions can check them
// against the JWKS; @supabase/lite only knows HS256, so the gateway translates in both directions.
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import type { Keys } from "./keys.ts";

/** Signs, checks and translates tokens. Every method rejects a token whose signature or times are wrong. */
export interface Tokens {
  /** The public keys, as served at /auth/v1/.well-known/jwks.json. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** Signs claims with the ES256 key. */
  sign(claims: JWTPayload): Promise<string>;
  /** Checks a token of either kind and gives its claims back. */
  verify(token: string): Promise<JWTPayload>;
  /** The same claims as ES256. */
  toPublic(token: string): Promise<string>;
  /** The same claims as HS256. */
  toLite(token: string): Promise<string>;
}

/**
 * Makes the translator of one platform.
 * @param keys - its signing keys
 */
export async function createTokens(keys: Pick<Keys, "signingKey" | "liteSecret">): Promise<Tokens> {
  const secret = new TextEncoder().encode(keys.liteSecret);
  const { d: _private, ...publicKey } = keys.signingKey;
  const jwks = { keys: [publicKey] };
  const keySet = createLocalJWKSet(jwks);
  const privateKey = await importJWK(keys.signingKey, "ES256");
  const kid = keys.signingKey.kid ?? "";
  const verify = async (token: string): Promise<JWTPayload> => {
    if (algorithm(token) === "HS256") return (await jwtVerify(token, secret, { algorithms: ["HS256"] })).payload;
    return (await jwtVerify(token, keySet, { algorithms: ["ES256"] })).payload;
  };
  const sign = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid, typ: "JWT" }).sign(privateKey);
  const signForLite = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(secret);
  return {
    jwks,
    sign,
    verify,
    toPublic: async (token) => (algorithm(token) === "ES256" ? token : sign(await verify(token))),
    toLite: async (token) => (algorithm(token) === "HS256" ? token : signForLite(await verify(token))),
  };
}

/** The algorithm in a token's header; "" when it is no token. */
export function algorithm(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? "";
  } catch {
    return "";
  }
}

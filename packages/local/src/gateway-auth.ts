// Who a request says it is: API keys and tokens, by the rules of the platform's gateway.
import type { IncomingMessage } from "node:http";
import { algorithm, type Tokens } from "./tokens.ts";

/** What the gateway checks requests against. */
export interface Credentials {
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly tokens: Tokens;
}

/** Why a request is refused, in the platform's words. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** The token of an `Authorization: Bearer` header. */
export function bearer(header: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(header ?? "")?.[1];
}

/**
 * The check for functions with verify_jwt: a valid token, or one of the two API keys in `apikey`.
 * @param request - the request
 * @param credentials - keys and tokens of this platform
 * @returns nothing when the request may pass
 */
export async function checkToken(request: IncomingMessage, credentials: Credentials): Promise<Refusal | undefined> {
  const { authorization, apikey } = request.headers;
  const token = bearer(authorization);
  if (token === undefined || token.startsWith("sb_")) {
    // On the platform the gateway swaps a known API key for a token of its role.
    if (apikey === credentials.publishableKey || apikey === credentials.secretKey) return undefined;
    if (authorization === undefined)
      return { code: "UNAUTHORIZED_NO_AUTH_HEADER", message: "Missing authorization header" };
    return { code: "UNAUTHORIZED_INVALID_JWT_FORMAT", message: "Invalid JWT format" };
  }
  const kind = algorithm(token);
  if (kind === "") return { code: "UNAUTHORIZED_INVALID_JWT_FORMAT", message: "Invalid JWT format" };
  if (kind !== "ES256" && kind !== "HS256")
    return { code: "UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM", message: `Unsupported JWT algorithm ${kind}` };
  try {
    await credentials.tokens.verify(token);
    return undefined;
  } catch {
    return kind === "HS256"
      ? { code: "UNAUTHORIZED_JWT", message: "Invalid JWT" }
      : { code: "UNAUTHORIZED_ASYMMETRIC_JWT", message: "Invalid JWT" };
  }
}

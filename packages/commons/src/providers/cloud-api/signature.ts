// Proof that a webhook is Meta's: the signature over the raw bytes, and the answer to the set-up question.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
import { equalInConstantTime } from "../../secrets.ts";

const encoder = new TextEncoder();

/**
 * Checks `X-Hub-Signature-256: sha256=<64 hex>`, the HMAC-SHA256 of the body under the app secret.
 * @param rawBody - the bytes as they came; JSON that was parsed and written again has other bytes
 * @param header - the header's value
 * @param secrets - every app secret that counts; all are always tried, so that the time does not tell which one fits
 */
export async function verifySignature(
  rawBody: Uint8Array<ArrayBuffer>,
  header: string | null,
  secrets: readonly string[],
): Promise<boolean> {
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(header ?? "")?.[1];
  if (hex === undefined) return false;
  const signature = Uint8Array.from({ length: 32 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  );
  const matches = await Promise.all(
    secrets.filter((secret) => secret !== "").map((secret) => matchesSecret(rawBody, signature, secret)),
  );
  return matches.includes(true);
}

async function matchesSecret(
  body: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  secret: string,
): Promise<boolean> {
  return crypto.subtle.verify("HMAC", await keyOf(secret), signature, body);
}

/** Importing a key takes longer than a check with it, and there are only a few secrets. */
const keys = new Map<string, Promise<CryptoKey>>();

function keyOf(secret: string): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  keys.set(secret, key);
  return key;
}

/**
 * Answers Meta's set-up question `GET ?hub.mode=subscribe&hub.challenge=...&hub.verify_token=...`.
 * @param verifyToken - the token that was entered at Meta; never empty
 * @returns the challenge, to be sent back as the whole body with 200; null: answer 403
 */
export async function verifyChallenge(query: URLSearchParams, verifyToken: string): Promise<string | null> {
  const challenge = query.get("hub.challenge");
  const isToken = await equalInConstantTime(query.get("hub.verify_token") ?? "", verifyToken);
  return isToken && verifyToken !== "" && query.get("hub.mode") === "subscribe" && challenge !== null
    ? challenge
    : null;
}

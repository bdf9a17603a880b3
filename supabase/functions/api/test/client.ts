// What a client of the API does in the tests.
import { match, ok, deepStrictEqual as same } from "node:assert/strict";
import { type House, request, type World } from "./world.ts";

/** Path of the outbound messages. */
export const MESSAGES = "/v1/outbound/messages";
/** A content that every provider takes. */
export const TEXT = { type: "text", text: "Your table is ready." };
/** An id that nothing has. */
export const NOBODY = "00000000-0000-4000-8000-000000000000";

/** Status and code of a refusal, which is always problem+json. */
export async function refusal(world: World, asked: Request): Promise<[number, string]> {
  const response = await world.app.request(asked);
  match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
  const body = await response.json();
  same(body.status, response.status);
  same(response.headers.get("x-correlation-id"), body.correlation_id);
  ok(body.detail.length > 10);
  return [response.status, body.code];
}

/** Sends a message to a stranger; `over` replaces fields of the request. */
export async function send(world: World, house: House, over: object = {}, headers: HeadersInit = {}) {
  const json = { to: "+1 555 010 7777", content: TEXT, ...over };
  const response = await world.app.request(request(MESSAGES, { key: house.key, json, headers }));
  return { response, body: await response.json() };
}

/** The smallest PNG that there is: one pixel. */
export const PIXEL = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
  (char) => char.charCodeAt(0),
);

/** An upload of these bytes. */
export function upload(key: string, body: BodyInit | null, headers: Record<string, string>): Request {
  return new Request("http://door.test/api/v1/media?filename=pixel.png", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, ...headers },
    body,
  });
}

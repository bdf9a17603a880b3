// Where in a webhook an item stands, and what every event takes from there: account, time and a key that stays the same.
import { createHash } from "node:crypto";
import type { InboundEvent, NoticeEvent, UnknownEvent } from "../../events.ts";
import type { Json, JsonObject } from "../../json.ts";
import { listOf, objectOf } from "../untrusted-json.ts";

/** The surroundings of an item: `entry[].changes[].value`. */
export interface Scope {
  /** `changes[].field`; empty outside of a change. */
  readonly field: string;
  /** `value.metadata.phone_number_id`. */
  readonly account: string | null;
  /** `entry[].id`, the WhatsApp Business account; `entry[].time`, seconds, on account news only. */
  readonly entry: { readonly id?: Json; readonly time?: Json };
  readonly receivedAt: Date;
}

/** Turns one item into its event. */
export type ItemParser = (item: Json, scope: Scope) => InboundEvent;

/**
 * What every event has.
 * @param key - for facts with an id of their own; by default a digest of the item and its surroundings
 */
export function eventBase(
  item: Json,
  scope: Scope,
  { key = rawKey(item, scope) }: { key?: string } = {},
): { key: string; account: string | null; occurredAt: string; raw: Json } {
  return { key, account: scope.account, occurredAt: timeOf(item, scope).toISOString(), raw: item };
}

/** An event for what cannot be read. Its raw item keeps the field and the business account beside it. */
export function unknownEvent(item: Json, scope: Scope, { reason }: { reason: string }): UnknownEvent {
  return { kind: "unknown", ...eventBase(item, scope), raw: inPlace(item, scope), reason };
}

/** An event for people to see. Its raw item keeps the field and the business account beside it. */
export function noticeEvent(item: Json, scope: Scope, { topic }: { topic: string }): NoticeEvent {
  return { kind: "notice", ...eventBase(item, scope), raw: inPlace(item, scope), topic: topic.slice(0, 200) };
}

/** The whole of an item that carries no id of its own: without field and business account it would say little. */
export function inPlace(item: Json, scope: Scope): Json {
  return { field: scope.field, entry: { ...scope.entry }, item };
}

/**
 * A key for an item without an id. Redeliveries can be batched anew, so nothing of the neighbours goes into it. The entry's
 * time does when the item has none: the same news a week later is news again.
 */
function rawKey(item: Json, scope: Scope): string {
  const ownTime = ownTimeOf(item);
  const facts = {
    field: scope.field,
    account: scope.account,
    entry: scope.entry.id,
    time: ownTime === undefined ? scope.entry.time : undefined,
    item,
  };
  return `raw:${createHash("sha256").update(canonical(facts)).digest("hex")}`;
}

/** JSON with sorted keys. */
function canonical(value: Json | undefined): string {
  const list = listOf(value);
  if (list !== undefined) return `[${list.map(canonical).join(",")}]`;
  const object = objectOf(value);
  if (object === undefined) return JSON.stringify(value ?? null);
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(object[key])}`);
  return `{${members.join(",")}}`;
}

/** WhatsApp's first year; and how far the provider's clock may be ahead of ours. */
const EARLIEST = Date.UTC(2009, 0, 1);
const CLOCK_SKEW_MS = 24 * 60 * 60 * 1000;

/** When the item happened: its own time, its entry's, or when it came in. Nonsense counts as missing. */
function timeOf(item: Json, scope: Scope): Date {
  for (const seconds of [ownTimeOf(item), scope.entry.time]) {
    const time =
      (typeof seconds === "string" && /^\d{1,12}$/.test(seconds)) || typeof seconds === "number"
        ? Number(seconds) * 1000
        : Number.NaN;
    if (time >= EARLIEST && time <= scope.receivedAt.getTime() + CLOCK_SKEW_MS) return new Date(time);
  }
  return scope.receivedAt;
}

/** The item's own time as it came: messages, statuses and calls have `timestamp`, contact changes have it in `metadata`. */
function ownTimeOf(item: Json): Json | undefined {
  const object: JsonObject = objectOf(item) ?? {};
  return object.timestamp ?? objectOf(object.metadata)?.timestamp;
}

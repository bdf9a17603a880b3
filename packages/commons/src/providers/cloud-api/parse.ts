// A webhook of Meta becomes events: every entry, change, message, status and error of the batch, none at the cost of its
// neighbours. A batch holds up to 1000 updates, also of several numbers and kinds.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
import type { Identity, InboundEvent } from "../../events.ts";
import type { Json, JsonObject } from "../../json.ts";
import type { ParseOptions } from "../provider.ts";
import { cleanJson, idOf, listOf, objectOf, textOf } from "../untrusted-json.ts";
import { parseEcho, parseMessage } from "./parse-message.ts";
import { partyOf, peopleOf, receiverOf, senderOf } from "./parse-party.ts";
import { parseStatus } from "./parse-status.ts";
import { parseTemplateNews } from "./parse-template.ts";
import { eventBase, type ItemParser, inPlace, noticeEvent, type Scope, unknownEvent } from "./scope.ts";

/**
 * Reads a webhook's body; never throws.
 * @param body - the parsed JSON
 * @returns at least one event for every item, in the order of the batch; at least one for the whole
 */
export function parseCloudApi(body: unknown, options: ParseOptions): InboundEvent[] {
  const clean = cleanJson(body);
  const outside: Scope = { field: "", account: null, entry: {}, receivedAt: options.receivedAt };
  return eachOf(objectOf(clean)?.entry, clean, { scope: outside, name: "entry", parse: parseEntry });
}

function parseEntry(item: Json, outside: Scope): InboundEvent[] {
  const entry = objectOf(item);
  if (entry === undefined) return [unknownEvent(item, outside, { reason: "an entry that is not an object" })];
  const scope = { ...outside, entry: { id: entry.id, time: entry.time } };
  return eachOf(entry.changes, item, { scope, name: "changes", parse: parseChange });
}

function parseChange(item: Json, outside: Scope): InboundEvent[] {
  const change = objectOf(item);
  const field = textOf(change?.field)?.slice(0, 100);
  const value = objectOf(change?.value);
  if (field === undefined || value === undefined)
    return [unknownEvent(item, outside, { reason: `a change without ${field === undefined ? "a field" : "a value"}` })];
  const account = idOf(objectOf(value.metadata)?.phone_number_id) ?? null;
  const scope = { ...outside, field, account };
  return (fieldParsers.get(field) ?? parseNews)(value, scope);
}

type FieldParser = (value: JsonObject, scope: Scope) => InboundEvent[];

const fieldParsers = new Map<string, FieldParser>([
  ["messages", parseMessages],
  ["smb_message_echoes", parseEchoes],
  ["history", (value, scope) => parseLists(value, scope, { otherwise: historyEvent })],
  ["user_preferences", parsePreferences],
  ["message_template_status_update", parseTemplate],
  ["message_template_quality_update", parseTemplate],
  ["message_template_components_update", parseTemplate],
  ["template_category_update", parseTemplate],
  ["standby", (value, scope) => parseLists(value, scope, { otherwise: standbyEvent })],
]);

function parseMessages(value: JsonObject, scope: Scope): InboundEvent[] {
  const people = peopleOf(value, listOf(value.messages) ?? [], { fieldsOf: senderOf });
  const lists = new Map<string, ItemParser>([
    ["messages", (item) => parseMessage(item, scope, { people })],
    ["statuses", parseStatus],
    ["user_actions", newsEvent("user_actions")],
  ]);
  return parseLists(value, scope, { lists, otherwise: unknownMember });
}

function parseEchoes(value: JsonObject, scope: Scope): InboundEvent[] {
  const people = peopleOf(value, listOf(value.message_echoes) ?? [], { fieldsOf: receiverOf });
  const lists = new Map<string, ItemParser>([["message_echoes", (item) => parseEcho(item, scope, { people })]]);
  return parseLists(value, scope, { lists, otherwise: unknownMember });
}

/** People who used the switch for marketing messages: `{wa_id?, user_id?, category, value, detail}`. */
function parsePreferences(value: JsonObject, scope: Scope): InboundEvent[] {
  const fieldsOf = (one: JsonObject) => ({
    phone: one.wa_id,
    bsuid: one.user_id,
    parentBsuid: one.parent_user_id,
  });
  const people = peopleOf(value, listOf(value.user_preferences) ?? [], { fieldsOf });
  const parse: ItemParser = (item) => {
    const preference = objectOf(item);
    const from = preference && partyOf(fieldsOf(preference), people);
    const wish = textOf(preference?.value)?.slice(0, 100);
    if (from === undefined || wish === undefined) return newsEvent(scope.field)(item, scope);
    const category = textOf(preference?.category);
    const base = { ...eventBase(item, scope), raw: inPlace(item, scope) };
    return { kind: "preference", ...base, from, value: wish, ...(category === undefined ? {} : { category }) };
  };
  return parseLists(value, scope, { lists: new Map([["user_preferences", parse]]), otherwise: unknownMember });
}

/** News of a template; news that does not say of which is news like any other. */
function parseTemplate(value: JsonObject, scope: Scope): InboundEvent[] {
  return [parseTemplateNews(value, scope) ?? newsEvent(scope.field)(value, scope)];
}

/** Lists that other fields are known to carry; a value without any of them is one piece of news as a whole. */
const newsLists = ["calls", "statuses", "groups", "state_sync", "automatic_events"];

function parseNews(value: JsonObject, scope: Scope): InboundEvent[] {
  if (![...newsLists, "user_id_update", "errors"].some((name) => listOf(value[name])?.length))
    return [newsEvent(scope.field)(value, scope)];
  const lists = new Map<string, ItemParser>(newsLists.map((name) => [name, newsEvent(scope.field)]));
  lists.set("user_id_update", (item) => parseUserIdUpdate(item, scope, { value }));
  return parseLists(value, scope, { lists, otherwise: unknownMember });
}

/** News under a topic, with its event where it names one: `account_update.PARTNER_REMOVED`. */
function newsEvent(topic: string): ItemParser {
  return (item, scope) => {
    const event = textOf(objectOf(item)?.event);
    return noticeEvent(item, scope, { topic: event === undefined ? topic : `${topic}.${event}` });
  };
}

/** A person's user id changed: `{user_id: {previous, current}, parent_user_id?, wa_id?}`. It has no id, so its key stands in. */
function parseUserIdUpdate(item: Json, scope: Scope, { value }: { value: JsonObject }): InboundEvent {
  const update = objectOf(item) ?? {};
  const more = (["previous", "current"] as const).flatMap((age): Identity[] => {
    const bsuid = idOf(objectOf(update.user_id)?.[age]);
    const parent = idOf(objectOf(update.parent_user_id)?.[age]);
    return [
      ...(bsuid === undefined ? [] : [{ kind: "bsuid" as const, value: bsuid }]),
      ...(parent === undefined ? [] : [{ kind: "parent_bsuid" as const, value: parent }]),
    ];
  });
  const fieldsOf = (one: JsonObject) => ({
    phone: one.wa_id,
    bsuid: objectOf(one.user_id)?.current,
    parentBsuid: undefined,
  });
  const people = peopleOf(value, listOf(value.user_id_update) ?? [], { fieldsOf });
  const from = partyOf(fieldsOf(update), people, { more });
  if (from === undefined || !more.length) return newsEvent(scope.field)(item, scope);
  const base = eventBase(item, scope);
  return { kind: "system", ...base, from, message: { id: base.key, type: "system", text: "", content: update } };
}

function historyEvent(item: Json, scope: Scope): InboundEvent {
  return { kind: "history", ...eventBase(item, scope) };
}

function standbyEvent(item: Json, scope: Scope): InboundEvent {
  return { kind: "standby", ...eventBase(item, scope) };
}

function unknownMember(item: Json, scope: Scope): InboundEvent {
  return unknownEvent(item, scope, { reason: `a part of ${scope.field} that this version does not know` });
}

/** Members of a value that describe the others. */
const surroundings = new Set(["messaging_product", "metadata", "contacts"]);

/**
 * Reads the lists of a value, member by member.
 * @param lists - the parser for each known list
 * @param otherwise - what becomes of the members that are not in `lists`: of each item of a list, of anything else as a whole
 */
function parseLists(
  value: JsonObject,
  scope: Scope,
  { lists = new Map(), otherwise }: { lists?: ReadonlyMap<string, ItemParser>; otherwise: ItemParser },
): InboundEvent[] {
  const events = Object.entries(value).flatMap(([name, member]) => {
    if (surroundings.has(name) || member === undefined || listOf(member)?.length === 0) return [];
    const parse = lists.get(name) ?? (name === "errors" ? newsEvent("errors") : undefined);
    if (parse !== undefined || (listOf(member) !== undefined && otherwise !== unknownMember))
      return eachOf(member, { [name]: member }, { scope, name, parse: (item) => [(parse ?? otherwise)(item, scope)] });
    return [otherwise({ [name]: member }, scope)];
  });
  return events.length > 0 ? events : [unknownEvent(value, scope, { reason: `${scope.field} without content` })];
}

/**
 * Reads every item of a list. An item that makes a parser fail becomes `unknown`: a defect of ours must not cost the others.
 * @param whole - what is kept when there is no list
 */
function eachOf(
  list: Json | undefined,
  whole: Json,
  options: { scope: Scope; name: string; parse: (item: Json, scope: Scope) => InboundEvent[] },
): InboundEvent[] {
  const { scope, name, parse } = options;
  const items = listOf(list);
  if (items === undefined || items.length === 0)
    return [unknownEvent(whole, scope, { reason: `${name} is ${items === undefined ? "not a list" : "empty"}` })];
  return items.flatMap((item) => {
    try {
      return parse(item, scope);
    } catch (error) {
      return [
        unknownEvent(item, scope, { reason: `the parser failed: ${error instanceof Error ? error.name : "error"}` }),
      ];
    }
  });
}

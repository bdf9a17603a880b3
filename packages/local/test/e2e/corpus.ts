// Webhooks of the Cloud API to post, and a count of what is in them that owes nothing to the product's parser: for every
// item what makes it a fact of its own, and where it must be found afterwards.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const OWN = path.join(ROOT, "packages/commons/fixtures/cloud-api");
const SHARED = path.resolve(ROOT, process.env.FIXTURES_DIR ?? "../shared/fixtures/whatsapp");

/** One webhook body. */
export interface Payload {
  readonly name: string;
  readonly body: unknown;
}

/** The project's own webhooks. */
export function ownPayloads(): Payload[] {
  const files = readdirSync(OWN).filter((file) => file.endsWith(".json"));
  return files.map((file) => ({ name: file, body: readJson(path.join(OWN, file)) }));
}

/** The corpus beside the repository: whole bodies, and single changes put into an envelope. Undefined when it is absent. */
export function sharedPayloads(): Payload[] | undefined {
  const index = path.join(SHARED, "index.json");
  if (!existsSync(index)) return undefined;
  const entries: { file: string; provider: string }[] = readJson(index);
  return entries
    .filter(({ provider }) => provider === "meta_cloud" || provider === "meta_cloud_change")
    .map(({ file, provider }) => {
      const json = readJson(path.join(SHARED, file));
      const entry = [{ id: "200000000000009", changes: [json] }];
      return { name: file, body: provider === "meta_cloud" ? json : { object: "whatsapp_business_account", entry } };
    });
}

/** Where the corpus is looked for. */
export const sharedFolder = SHARED;

/** One fact of a payload: `id` is the same for the same fact, wherever and however often it stands. */
export interface Fact {
  readonly place: "message" | "update" | "status" | "other";
  /** phone_number_id; "-" when the item names none. */
  readonly account: string;
  readonly id: string;
  /** The day (UTC) on which it happened by the provider's clock; "" when the item names none. Facts are told apart within a day. */
  readonly day: string;
}

type Thing = Readonly<Record<string, unknown>>;

/** Types of Meta's messages whose own member must be an object; `contacts` is a list. */
const WITH_OBJECT =
  "text image video document audio voice sticker location button interactive order reaction edit revoke system";
const typesWithObject = new Set(WITH_OBJECT.split(" "));
const typesWithout = new Set(["unsupported", "unknown"]);
const STATUSES = new Set(["sent", "delivered", "read", "played", "failed"]);
/** Members of a value that say to what its items belong. */
const SURROUNDINGS = new Set(["messaging_product", "metadata", "contacts"]);
/** Fields whose value is a set of lists, item by item; of the others some lists are known. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  messages: ["messages", "statuses", "user_actions", "errors"],
  smb_message_echoes: ["message_echoes", "errors"],
};
const NEWS_LISTS = "calls statuses user_preferences groups state_sync automatic_events user_id_update errors".split(
  " ",
);

/** All facts of a webhook body, in order. */
export function factsOf(body: unknown): Fact[] {
  const entries = list(thing(body).entry);
  if (entries.length === 0) return [other({ field: "", account: "-" }, body)];
  return entries.flatMap((entry) => {
    const { id, time, changes } = thing(entry);
    const where = { field: "", account: "-", entry: id, time };
    if (!isThing(entry)) return [other({ field: "", account: "-" }, entry)];
    if (list(changes).length === 0) return [other(where, entry)];
    return list(changes).flatMap((change) => factsOfChange(change, where));
  });
}

interface Where {
  readonly field: string;
  readonly account: string;
  readonly entry?: unknown;
  readonly time?: unknown;
}

function factsOfChange(change: unknown, outside: Where): Fact[] {
  const { field, value } = thing(change);
  if (typeof field !== "string" || field === "" || !isThing(value)) return [other(outside, change)];
  const number = thing(value.metadata).phone_number_id;
  const where = { ...outside, field, account: typeof number === "string" && number !== "" ? number : "-" };
  const members = Object.entries(value).filter(([name, member]) => !SURROUNDINGS.has(name) && !isEmptyList(member));
  const everyList = field === "history" || field === "standby";
  const known = LISTS[field] ?? NEWS_LISTS;
  const split = (name: string, member: unknown) => Array.isArray(member) && (everyList || known.includes(name));
  if (members.length === 0) return [other(where, value)];
  const isNews = LISTS[field] === undefined && !everyList;
  if (isNews && !members.some(([name, member]) => split(name, member))) return [other(where, value)];
  return members.flatMap(([name, member]) => {
    // What should be a list and is none, and what is not known, is one fact with its name.
    if (!split(name, member)) return [other(where, { [name]: member })];
    return list(member).map((item) => factOfItem(item, where, { name, value }));
  });
}

function factOfItem(item: unknown, where: Where, { name, value }: { name: string; value: Thing }): Fact {
  const of = thing(item);
  const { account, field } = where;
  const day = dayOf(of.timestamp);
  if (field === "messages" && name === "messages" && isMessage(of, value))
    return { place: "message", account, id: String(of.id), day };
  if (field === "smb_message_echoes" && name === "message_echoes" && isEcho(of))
    return { place: "message", account, id: String(of.id), day };
  if (field === "messages" && name === "statuses" && typeof of.id === "string" && STATUSES.has(String(of.status))) {
    const participant = of.recipient_participant_id ?? of.recipient_participant_user_id ?? "";
    return { place: "status", account, id: `${of.id} ${of.status} ${participant}`, day };
  }
  const news = other(where, item);
  // A person's new user id is news without an id, and yet stands in the conversation.
  return name === "user_id_update" && isThing(of.user_id) ? { ...news, place: "update" } : news;
}

function isMessage(item: Thing, value: Thing): boolean {
  if (typeof item.id !== "string" || typeof item.type !== "string" || item.group_id !== undefined) return false;
  const contacts = list(value.contacts).map(thing);
  const lone = contacts.length === 1 && list(value.messages).length === 1 ? contacts[0] : undefined;
  const named = item.type === "system" ? thing(item.system) : undefined;
  const phones = [item.from, lone?.wa_id, named?.wa_id];
  const userIds = [item.from_user_id, lone?.user_id, named?.user_id];
  if (!phones.some(isAddress) && !userIds.some((id) => typeof id === "string")) return false;
  const own = item[item.type];
  if (item.type === "contacts") return Array.isArray(own);
  if (typesWithout.has(item.type)) return true;
  if (!typesWithObject.has(item.type) || !isThing(own)) return false;
  if (item.type === "text") return typeof own.body === "string";
  if (item.type === "interactive") return typeof own.type === "string";
  if (item.type === "reaction") return typeof own.message_id === "string";
  if (item.type === "edit" || item.type === "revoke") return typeof own.original_message_id === "string";
  return true;
}

function isEcho(item: Thing): boolean {
  const changesEarlier = ["edit", "revoke", "reaction"].includes(String(item.type));
  const known = isAddress(item.to) || typeof item.to_user_id === "string";
  return typeof item.id === "string" && known && !changesEarlier && item.group_id === undefined;
}

/** A phone number, or a user id in its place; not a placeholder out of somebody's documentation. */
function isAddress(value: unknown): boolean {
  return typeof value === "string" && /^(\+?\d{3,20}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]+)$/.test(value);
}

/** News has no id: it is the same when it says the same, in the same place, at the same time. */
function other({ field, account, entry, time }: Where, item: unknown): Fact {
  const ownTime = thing(item).timestamp ?? thing(thing(item).metadata).timestamp;
  const id = JSON.stringify(sorted({ field, account, entry, item, time: ownTime === undefined ? time : undefined }));
  return { place: "other", account, id, day: "" };
}

/** The day (UTC) of a time in seconds, as YYYY-MM-DD. */
function dayOf(seconds: unknown): string {
  return /^\d{1,11}$/.test(String(seconds)) ? new Date(Number(seconds) * 1000).toISOString().slice(0, 10) : "";
}

/** The same value with its keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isThing(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, "utf8"));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isThing(value: unknown): value is Thing {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function thing(value: unknown): Thing {
  return isThing(value) ? value : {};
}

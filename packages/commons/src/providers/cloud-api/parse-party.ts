// Who a message is from (or to): every address that the item and its entry in `contacts[]` name, as one person.
// Since 2026 a person with a username may have no phone number here, only a business-scoped user id (BSUID):
// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
import type { Identity, IdentityKind, Party } from "../../events.ts";
import type { Json, JsonObject } from "../../json.ts";
import { idOf, listOf, objectOf, textOf } from "../untrusted-json.ts";

/** The three fields by which an item names a person. */
export interface PersonFields {
  readonly phone: Json | undefined;
  readonly bsuid: Json | undefined;
  readonly parentBsuid: Json | undefined;
}

/** One item of `contacts[]` with the addresses that it names. */
interface Contact {
  readonly item: JsonObject;
  readonly addresses: readonly Identity[];
}

/** The people of one `value`, and the items that may name them. */
export interface People {
  readonly contacts: readonly Contact[];
  readonly byAddress: ReadonlyMap<string, Contact>;
  /** The only sender in the batch and the only contact are the same person, whatever their ids say. */
  readonly isOnePerson: boolean;
}

/** `CC.` or `CC.ENT.` and up to 128 letters and digits. */
const BSUID = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/;
const PHONE = /^\+?\d{3,20}$/;

/** Who sent a message. */
export function senderOf(message: JsonObject): PersonFields {
  return {
    phone: message.from,
    bsuid: message.from_user_id,
    parentBsuid: message.from_parent_user_id,
  };
}

/** To whom the business wrote from its phone. */
export function receiverOf(echo: JsonObject): PersonFields {
  return { phone: echo.to, bsuid: echo.to_user_id, parentBsuid: echo.to_parent_user_id };
}

/**
 * Prepares the joining of `contacts[]` with the items beside it.
 * @param items - the messages (or echoes) of the same value
 * @param fieldsOf - how an item names its person
 */
export function peopleOf(
  value: JsonObject,
  items: readonly Json[],
  { fieldsOf }: { fieldsOf: (item: JsonObject) => PersonFields },
): People {
  const contacts = (listOf(value.contacts) ?? [])
    .map(objectOf)
    .filter((item) => item !== undefined)
    .map((item) => ({ item, addresses: contactAddresses(item) }));
  // A parent id is no key: whether it always means one person is not documented.
  const byAddress = new Map(
    contacts.flatMap((contact) =>
      contact.addresses
        .filter(({ kind }) => kind !== "parent_bsuid")
        .map((address) => [keyOf(address), contact] as const),
    ),
  );
  const named = new Set(items.map((item) => JSON.stringify(fieldsOf(objectOf(item) ?? {}))));
  return { contacts, byAddress, isOnePerson: contacts.length === 1 && named.size === 1 };
}

/**
 * Puts together one person.
 * @returns the person, or undefined when no address but a username is known: a username can pass to somebody else
 */
export function partyOf(
  fields: PersonFields,
  people: People,
  { more = [] }: { more?: readonly Identity[] } = {},
): Party | undefined {
  const own = addressesOf(fields);
  const known = own.map((address) => people.byAddress.get(keyOf(address))).find((contact) => contact !== undefined);
  const contact = known ?? (people.isOnePerson ? people.contacts[0] : undefined);
  const profile = objectOf(contact?.item.profile);
  const identities = unique([...own, ...missingAddresses(own, contact), ...more]);
  if (identities.length === 0) return undefined;
  const username = idOf(profile?.username ?? contact?.item.username)?.replace(/^@/, "");
  if (username) identities.push({ kind: "username", value: username });
  const name = textOf(profile?.name)?.slice(0, 500);
  return name === undefined ? { identities } : { identities, name };
}

/**
 * The address in a field that should hold a phone number. Some gateways put a BSUID there: it must never pass for a number.
 */
export function phoneFieldIdentity(value: Json | undefined): Identity | undefined {
  const id = idOf(value);
  if (id === undefined) return undefined;
  if (PHONE.test(id)) return { kind: "phone", value: id };
  return BSUID.test(id) ? { kind: id.slice(2, 7) === ".ENT." ? "parent_bsuid" : "bsuid", value: id } : undefined;
}

/** The address in a field for user ids, as it came. */
export function userIdIdentity(kind: "bsuid" | "parent_bsuid", value: Json | undefined): Identity | undefined {
  const id = idOf(value);
  return id === undefined ? undefined : { kind, value: id };
}

function addressesOf(fields: PersonFields): Identity[] {
  return [
    phoneFieldIdentity(fields.phone),
    userIdIdentity("bsuid", fields.bsuid),
    userIdIdentity("parent_bsuid", fields.parentBsuid),
  ].filter((identity) => identity !== undefined);
}

function contactAddresses(contact: JsonObject): Identity[] {
  return addressesOf({ phone: contact.wa_id, bsuid: contact.user_id, parentBsuid: contact.parent_user_id });
}

/**
 * What `contacts[]` adds: a wa_id may differ from `from` and still be the same person (Meta says so); a user id that
 * contradicts the message's own is left out.
 */
function missingAddresses(own: readonly Identity[], contact: Contact | undefined): Identity[] {
  const has = (kind: IdentityKind) => own.some((identity) => identity.kind === kind);
  return (contact?.addresses ?? []).filter(({ kind }) => kind === "phone" || !has(kind));
}

function unique(identities: readonly Identity[]): Identity[] {
  return [...new Map(identities.map((identity) => [keyOf(identity), identity])).values()];
}

function keyOf({ kind, value }: Identity): string {
  return `${kind} ${value}`;
}

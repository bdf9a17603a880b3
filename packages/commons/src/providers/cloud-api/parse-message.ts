// One item of `messages[]` or `message_echoes[]` becomes one event.
import type { Identity, InboundEvent, MessageContent, Party } from "../../events.ts";
import type { Json, JsonObject } from "../../json.ts";
import { idOf, objectOf, textOf } from "../untrusted-json.ts";
import { readContent } from "./parse-content.ts";
import { type People, partyOf, phoneFieldIdentity, receiverOf, senderOf, userIdIdentity } from "./parse-party.ts";
import { eventBase, noticeEvent, type Scope, unknownEvent } from "./scope.ts";

/** A message whose id, type and person are known. */
interface Envelope {
  readonly item: JsonObject;
  readonly scope: Scope;
  readonly id: string;
  readonly type: string;
  readonly party: Party;
}

/** One item of `messages[]`: something that a customer did. */
export function parseMessage(item: Json, scope: Scope, { people }: { people: People }): InboundEvent {
  const message = objectOf(item);
  if (message === undefined) return unknownEvent(item, scope, { reason: "a message that is not an object" });
  if (message.group_id !== undefined) return noticeEvent(item, scope, { topic: "group_message" });
  const id = idOf(message.id);
  const type = textOf(message.type);
  if (id === undefined || type === undefined)
    return unknownEvent(item, scope, { reason: `a message without ${id === undefined ? "an id" : "a type"}` });
  const from = partyOf(senderOf(message), people, { more: type === "system" ? systemIdentities(message) : [] });
  if (from === undefined) return unknownEvent(item, scope, { reason: "a message from nobody" });
  const parsed = { item: message, scope, id, type, party: from };
  switch (type) {
    case "reaction":
      return parseReaction(parsed);
    case "edit":
      return parseEdit(parsed);
    case "revoke":
      return parseRevoke(parsed);
    case "system":
      return parseSystem(parsed);
    default:
      return parsePlain(parsed);
  }
}

/** One item of `message_echoes[]`: something that a person of the business did on the phone. */
export function parseEcho(item: Json, scope: Scope, { people }: { people: People }): InboundEvent {
  const echo = objectOf(item);
  if (echo === undefined) return unknownEvent(item, scope, { reason: "an echo that is not an object" });
  if (echo.group_id !== undefined) return noticeEvent(item, scope, { topic: "group_message" });
  const id = idOf(echo.id);
  const type = textOf(echo.type);
  if (id === undefined || type === undefined)
    return unknownEvent(item, scope, { reason: `an echo without ${id === undefined ? "an id" : "a type"}` });
  // Mending or marking an earlier message answers nobody: the agent need not pause for it.
  if (type === "edit" || type === "revoke" || type === "reaction")
    return noticeEvent(item, scope, { topic: `${scope.field}.${type}` });
  const to = partyOf(receiverOf(echo), people);
  if (to === undefined) return unknownEvent(item, scope, { reason: "an echo to nobody" });
  const read = readContent(type, echo);
  // A type that is not known here was still written by a person: the agent must pause all the same.
  const content =
    read === "unknown_type" || read === undefined ? { text: "", content: objectOf(echo[type]) ?? {} } : read;
  return {
    kind: "echo",
    ...eventBase(item, scope, { key: `msg:${id}` }),
    to,
    message: contentOf({ item: echo, scope, id, type, party: to }, content),
  };
}

function parsePlain(parsed: Envelope): InboundEvent {
  const { item, scope, type, party } = parsed;
  const read = readContent(type, item);
  if (read === "unknown_type") return unknownEvent(item, scope, { reason: `message type "${type.slice(0, 100)}"` });
  if (read === undefined) return unknownEvent(item, scope, { reason: `a message of type ${type} without its content` });
  return {
    kind: "message",
    ...baseOf(parsed),
    from: party,
    message: contentOf(parsed, read),
    wakesAgent: read.awaitsAnswer,
    ...referralOf(item),
  };
}

/** The ad or post from which the chat began. */
function referralOf(message: JsonObject): { referral?: JsonObject } {
  const referral = objectOf(message.referral);
  return referral === undefined ? {} : { referral };
}

function parseReaction(parsed: Envelope): InboundEvent {
  const { item, scope, party } = parsed;
  const reaction = objectOf(item.reaction);
  const targetId = idOf(reaction?.message_id);
  if (reaction === undefined || targetId === undefined)
    return unknownEvent(item, scope, { reason: "a reaction to no message" });
  const emoji = textOf(reaction.emoji) ?? null;
  const message = contentOf(parsed, { text: emoji ?? "", content: reaction });
  return { kind: "reaction", ...baseOf(parsed), from: party, message, targetId, emoji };
}

function parseEdit(parsed: Envelope): InboundEvent {
  const { item, scope, party } = parsed;
  const edit = objectOf(item.edit);
  const targetId = idOf(edit?.original_message_id);
  const edited = objectOf(edit?.message);
  const type = textOf(edited?.type);
  if (targetId === undefined || edited === undefined || type === undefined)
    return unknownEvent(item, scope, { reason: "an edit of no message, or without the new one" });
  const read = readContent(type, edited);
  if (read === "unknown_type" || read === undefined)
    return unknownEvent(item, scope, { reason: `an edit to a message of type "${type.slice(0, 100)}"` });
  return { kind: "edit", ...baseOf(parsed), from: party, message: contentOf({ ...parsed, type }, read), targetId };
}

function parseRevoke(parsed: Envelope): InboundEvent {
  const { item, scope, party } = parsed;
  const revoke = objectOf(item.revoke);
  const targetId = idOf(revoke?.original_message_id);
  if (revoke === undefined || targetId === undefined)
    return unknownEvent(item, scope, { reason: "a revocation of no message" });
  return {
    kind: "revoke",
    ...baseOf(parsed),
    from: party,
    message: contentOf(parsed, { text: "", content: revoke }),
    targetId,
  };
}

function parseSystem(parsed: Envelope): InboundEvent {
  const system = objectOf(parsed.item.system);
  if (system === undefined)
    return unknownEvent(parsed.item, parsed.scope, { reason: "a system message without its content" });
  const message = contentOf(parsed, { text: textOf(system.body) ?? "", content: system });
  return { kind: "system", ...baseOf(parsed), from: parsed.party, message };
}

/** Old and new addresses of a person whose number or user id changed; names as documented and as seen. */
function systemIdentities(message: JsonObject): Identity[] {
  const system = objectOf(message.system) ?? {};
  return [
    phoneFieldIdentity(system.customer),
    phoneFieldIdentity(system.wa_id),
    phoneFieldIdentity(system.new_wa_id),
    userIdIdentity("bsuid", system.previous_user_id),
    previousUserIdInText(system),
    userIdIdentity("bsuid", system.user_id),
    userIdIdentity("parent_bsuid", system.previous_parent_user_id),
    userIdIdentity("parent_bsuid", system.parent_user_id),
  ].filter((identity) => identity !== undefined);
}

/**
 * The old user id often stands only in the sentence "User <name> changed from <old> to <new>". The name is the customer's
 * own text, so only the sentence's end counts, and only when its new id is the one that Meta names beside it.
 */
function previousUserIdInText(system: JsonObject): Identity | undefined {
  if (system.type !== "user_changed_user_id") return undefined;
  const match = /changed from ([^\s]{1,140}) to ([^\s]{1,140})$/.exec(textOf(system.body) ?? "");
  if (match?.[2] !== system.user_id) return undefined;
  const previous = phoneFieldIdentity(match?.[1]);
  return previous?.kind === "phone" ? undefined : previous;
}

function baseOf({ item, scope, id }: Envelope): ReturnType<typeof eventBase> {
  return eventBase(item, scope, { key: `msg:${id}` });
}

function contentOf({ item, id, type }: Envelope, read: { text: string; content: JsonObject }): MessageContent {
  const replyTo = idOf(objectOf(item.context)?.id);
  const base = { id, type, text: read.text, content: read.content };
  return replyTo === undefined ? base : { ...base, replyTo };
}

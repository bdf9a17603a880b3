// The provider-neutral facts that come out of a webhook or a socket. A provider parses everything it receives into
// these; the engine knows nothing else. A new kind is a variant here; the compiler then names what is missing.
import type { Json, JsonObject } from "./json.ts";
import type { RejectionClass } from "./outbound.ts";

/** Where messages come from and go to. */
export type ProviderId = "cloud_api" | "baileys" | "evolution" | "twilio";

/** The kinds of address that a person can have. `username` never identifies: it can pass to somebody else. */
export type IdentityKind = "phone" | "bsuid" | "parent_bsuid" | "lid" | "username";
/** One address of a person, as the provider wrote it: a phone number is the raw wa_id, never rewritten. */
export interface Identity {
  readonly kind: IdentityKind;
  readonly value: string;
}
/** A person as one event names it. Several identities of one event belong to the same person. */
export interface Party {
  readonly identities: readonly Identity[];
  readonly name?: string;
}

/** What every event has. */
interface EventBase {
  /** Unique for the same fact within its account: a second delivery of the fact has the same key. */
  readonly key: string;
  /** The provider's id of our account (phone_number_id at Meta); null when the item names none. */
  readonly account: string | null;
  /** When it happened, ISO 8601, by the provider's clock. */
  readonly occurredAt: string;
  /** The item as it came; notices and unknown items as `{field, entry, item}`, because alone they would say too little. */
  readonly raw: Json;
}

/** The content of a message, whoever wrote it. */
export interface MessageContent {
  /** The provider's id of the message. */
  readonly id: string;
  /** text, image, audio, button, interactive, order ... as Meta names them. */
  readonly type: string;
  /** What a person would read: the text, the caption, the title of the chosen button. Empty when there is nothing to read. */
  readonly text: string;
  /** The type's own object (media id, coordinates, reply id ...). */
  readonly content: JsonObject;
  /** The provider's id of the message that this one answers. */
  readonly replyTo?: string;
}

/** A customer wrote. The only kind that can wake an agent, and only when `wakesAgent`. */
export interface MessageEvent extends EventBase {
  readonly kind: "message";
  readonly from: Party;
  readonly message: MessageContent;
  readonly wakesAgent: boolean;
}
/** A customer reacted with an emoji, or took the reaction back (`emoji` null). */
export interface ReactionEvent extends EventBase {
  readonly kind: "reaction";
  readonly from: Party;
  readonly message: MessageContent;
  readonly targetId: string;
  readonly emoji: string | null;
}
/** A customer changed the text of an earlier message. */
export interface EditEvent extends EventBase {
  readonly kind: "edit";
  readonly from: Party;
  readonly message: MessageContent;
  readonly targetId: string;
}
/** A customer deleted an earlier message for everybody. */
export interface RevokeEvent extends EventBase {
  readonly kind: "revoke";
  readonly from: Party;
  readonly message: MessageContent;
  readonly targetId: string;
}
/** WhatsApp tells something about a customer: a new number, a new id. Old and new identities stand together in `from`. */
export interface SystemEvent extends EventBase {
  readonly kind: "system";
  readonly from: Party;
  readonly message: MessageContent;
}
/** A customer is typing or recording: what waits for an answer waits a little longer. Nothing is stored of it. */
export interface TypingEvent extends EventBase {
  readonly kind: "typing";
  readonly from: Party;
}
/** A person of the business wrote from the phone itself: the agent pauses in that conversation. */
export interface EchoEvent extends EventBase {
  readonly kind: "echo";
  /** The customer to whom the business wrote. */
  readonly to: Party;
  readonly message: MessageContent;
}
/** How far a message of ours came. */
export type DeliveryStatus = "sent" | "delivered" | "read" | "played" | "failed";
/** Something happened to a message that we sent. */
export interface StatusEvent extends EventBase {
  readonly kind: "status";
  /** The provider's id of our message. */
  readonly messageId: string;
  readonly status: DeliveryStatus;
  /** What we gave along with the send: the id of the outbound message. */
  readonly callbackData?: string;
  /** Why it failed, and what to do about it. */
  readonly error?: {
    readonly code: number;
    readonly title: string;
    readonly details?: string;
    readonly class: RejectionClass;
    /** Seconds to wait, where the class or the code names a time. */
    readonly retryAfterSeconds?: number;
  };
}
/** Old messages that the phone hands over when it is linked; never an answer to anything. */
export interface HistoryEvent extends EventBase {
  readonly kind: "history";
}
/** A copy of a conversation that somebody else owns: never answered. */
export interface StandbyEvent extends EventBase {
  readonly kind: "standby";
}
/** News about the account, its templates, its quality, errors ...: kept for people to see. `topic` is the provider's name for it. */
export interface NoticeEvent extends EventBase {
  readonly kind: "notice";
  readonly topic: string;
}
/** Something that this version does not know, or an item that could not be read; kept raw. `reason` says why. */
export interface UnknownEvent extends EventBase {
  readonly kind: "unknown";
  readonly reason: string;
}

/** Any fact from outside. */
export type InboundEvent =
  | MessageEvent
  | ReactionEvent
  | EditEvent
  | RevokeEvent
  | SystemEvent
  | TypingEvent
  | EchoEvent
  | StatusEvent
  | HistoryEvent
  | StandbyEvent
  | NoticeEvent
  | UnknownEvent;
/** The name of each kind. */
export type EventKind = InboundEvent["kind"];
/** The event of one kind. */
export type EventOf<K extends EventKind> = Extract<InboundEvent, { kind: K }>;

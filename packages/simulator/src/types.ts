// The nouns of the simulator: business numbers, customers, and the messages on a customer's phone.
import type { RenderedTemplate } from "./templates/types.ts";

/** A business number that the Graph API of the simulator serves. */
export type BusinessNumber = {
  readonly phoneNumberId: string;
  readonly wabaId: string;
  /** As people write it, such as `+1 555 010 0001`. */
  readonly displayPhoneNumber: string;
  readonly verifiedName: string;
  /** Where this number's webhooks go; without it the simulator's own setting counts. */
  readonly webhookUrl?: string;
  /** A token that opens this number only; without it the simulator's own token counts. */
  readonly accessToken?: string;
};

/** A person with a phone. `phone` is missing for a customer who is known by a business-scoped user id (BSUID) only. */
export type Customer = {
  /** The phone's digits, or the BSUID; the address of the customer in the test API. */
  readonly key: string;
  readonly phone?: string;
  readonly bsuid: string;
  readonly parentBsuid?: string;
  name: string;
  username?: string;
  /** A headless phone (no page has its chat open) reads what arrives at once. */
  autoRead: boolean;
  readonly createdAt: number;
  /** When the customer last wrote to each business number, in ms; opens the 24 h window. */
  readonly lastWroteAt: Map<string, number>;
  /** Business accounts (WABA ids) whose marketing messages the customer has stopped. */
  readonly stopped: Set<string>;
  /** How many business messages have arrived on the phone so far. */
  arrivals: number;
  /** Typing dots are shown until then, in ms; 0: not shown. */
  typingUntil: number;
};

/** `in`: from the customer to the business (the platform's inbound). `out`: from the business to the customer. */
export type Direction = "in" | "out";

/**
 * How far a message has come. A customer's message: `sent` (one grey tick), `delivered` (our webhook answered 200),
 * `read` (the business marked it as read). A business's message: `accepted`, then as its status webhooks say.
 */
export type MessageStatus = "accepted" | "sent" | "delivered" | "read" | "failed";

/** What a status webhook can name; `played` is for voice messages. */
export type WireStatus = Exclude<MessageStatus, "accepted"> | "played";

/** The fields of one message as they stand on the wire, without the common ones (id, from, timestamp, type). */
export type Content = Readonly<Record<string, unknown>>;

/** One message on a customer's phone. */
export type PhoneMessage = {
  readonly id: string;
  readonly customer: string;
  readonly phoneNumberId: string;
  readonly direction: Direction;
  readonly type: string;
  /** Such as `{ text: { body: "hi" } }`. */
  readonly content: Content;
  readonly at: number;
  /** Which arrival this is on the phone, from 1; business messages only. */
  readonly order?: number;
  status: MessageStatus;
  errorCode?: number;
  /** The message that this one answers or reacts to. */
  readonly contextId?: string;
  readonly callbackData?: string;
  /** A template message as its reader sees it. */
  readonly rendered?: RenderedTemplate;
};

/** What the test API and the page are shown of a message. */
export type MessageView = {
  readonly id: string;
  readonly phone_number_id: string;
  readonly direction: Direction;
  readonly type: string;
  readonly text?: string;
  readonly payload: unknown;
  readonly at: string;
  readonly order?: number;
  readonly status: MessageStatus;
  readonly error_code?: number;
  readonly context_id?: string;
  readonly biz_opaque_callback_data?: string;
  /** A template message with its parameters filled in. */
  readonly template?: RenderedTemplate;
};

/** What the test API and the page are shown of a customer. */
export type CustomerView = {
  readonly key: string;
  readonly phone?: string;
  readonly bsuid: string;
  readonly name: string;
  readonly username?: string;
  readonly auto_read: boolean;
  readonly created_at: string;
  readonly unread: number;
  readonly typing_until?: string;
  /** Business accounts (WABA ids) whose marketing messages the customer has stopped. */
  readonly stopped: readonly string[];
  readonly last_message?: MessageView;
};

/** What the test API and the page are shown of a business number. */
export type NumberView = {
  readonly phone_number_id: string;
  readonly waba_id: string;
  readonly display_phone_number: string;
  readonly verified_name: string;
};

/** One step on the way of a customer's message. `phone`: seen from outside, by the simulator; `system`: told by Switchboard. */
export type TraceStep = {
  readonly at: string;
  readonly source: "phone" | "system";
  readonly step: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** The way of one customer's message. */
export type TraceView = {
  readonly message_id: string;
  readonly customer: string;
  readonly started_at: string;
  readonly steps: readonly TraceStep[];
};

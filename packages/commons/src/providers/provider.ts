// The contract of a provider: it parses what comes in from WhatsApp into events and sends what goes out. A new
// provider is a folder beside this file and a line in index.ts.
import type { InboundEvent, ProviderId } from "../events.ts";
import type { JsonObject } from "../json.ts";
import type { OutboundContent, Recipient, SendOutcome } from "../outbound.ts";

/** Our account at a provider, with its decrypted credentials; each provider checks the shape of its own. */
export interface ProviderAccount {
  /** The provider's id of the account: phone_number_id at Meta. */
  readonly externalId: string;
  /** cloud_api: `{ accessToken: string }`. */
  readonly credentials: JsonObject;
}

/** What parsing needs to know besides the body. */
export interface ParseOptions {
  /** When the request came in: the time of an event whose own time is missing or nonsense. */
  readonly receivedAt: Date;
}

/** One message to send, once. */
export interface SendRequest {
  readonly account: ProviderAccount;
  readonly recipient: Recipient;
  readonly content: OutboundContent;
  /** The provider's id of the message that this one quotes. */
  readonly replyTo?: string;
  /** Our id of the outbound message; the provider gives it back in every status. At most 512 characters at Meta. */
  readonly callbackData: string;
  readonly correlationId: string;
  /** An earlier try was refused because of its file: an id of an earlier upload must not be used again. */
  readonly freshMedia: boolean;
  /**
   * To be awaited with everything ready (credentials checked, files uploaded), right before the first byte of the message
   * leaves: it writes down that from here on nobody knows. When it throws, nothing may leave and `send` throws the same.
   */
  readonly beforeIo: () => Promise<void>;
  /** Ends the try; once the request may have left, the outcome is UNKNOWN. */
  readonly signal: AbortSignal;
}

/** A customer's message to mark as read. */
export interface MarkReadRequest {
  readonly account: ProviderAccount;
  /** The provider's id of the customer's message. */
  readonly messageId: string;
  /** Show the customer that an answer is being written (Meta: until the answer, at most 25 seconds). */
  readonly typing: boolean;
  readonly correlationId: string;
  readonly signal: AbortSignal;
}

/** Most UTF-16 code units that the provider takes in one message; `fitContent` cuts accordingly. */
export interface ContentLimits {
  readonly text: number;
  readonly buttonsText: number;
}

/** A way to WhatsApp. */
export interface Provider {
  readonly id: ProviderId;
  readonly limits: ContentLimits;
  /**
   * Reads a webhook's JSON body.
   * @param body - the parsed JSON, whatever it is
   * @returns one event for every item of the batch, in its order; what cannot be read is an `unknown` event. Never throws.
   */
  parse(body: unknown, options: ParseOptions): InboundEvent[];
  /** Tries once to send. Throws what `beforeIo` throws and nothing else: UNKNOWN stands for everything that may have left. */
  send(request: SendRequest): Promise<SendOutcome>;
  /**
   * Marks a message, and with it all earlier ones, as read.
   * @throws WorkflowError when the provider did not take it; harmless, and safe to repeat
   */
  markRead(request: MarkReadRequest): Promise<void>;
}

// The contract of a provider: it parses what comes in from WhatsApp into events and sends what goes out. A new
// provider is a folder beside this file and a line in index.ts.
import type { Capabilities } from "../capabilities.ts";
import type { InboundEvent, ProviderId } from "../events.ts";
import type { JsonObject } from "../json.ts";
import type { OutboundContent, Recipient, SendOutcome } from "../outbound.ts";
import type { MediaRef } from "../outbound-parts.ts";

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

/** A file as the provider knows it: by an id of its own, or by a link that it fetches. */
export type ProviderMedia = { readonly id: string } | { readonly link: string };
/**
 * Finds out how the provider is told of a file; uploads it when it must.
 * @throws WorkflowError when the file cannot be had; `retryable` says whether the send may be tried again
 */
export type ResolveMedia = (media: MediaRef) => Promise<ProviderMedia>;

/** One message to send, once. */
export interface SendRequest {
  readonly account: ProviderAccount;
  readonly recipient: Recipient;
  /** Fits the provider's capabilities; the messages that it quotes or reacts to are named by the provider's ids. */
  readonly content: OutboundContent;
  /** Brings a file to the provider; without it only files at a link can be sent. */
  readonly resolveMedia?: ResolveMedia;
  /** Our id of the outbound message; the provider gives it back in every status. At most 512 characters at Meta. */
  readonly callbackData: string;
  readonly correlationId: string;
  /**
   * To be awaited with everything ready (credentials checked, files uploaded), right before the first byte of the message
   * leaves: it writes down that from here on nobody knows. When it throws, nothing may leave and `send` throws the same.
   */
  readonly beforeIo: () => Promise<void>;
  /** Ends the try; once the request may have left, the outcome is UNKNOWN. */
  readonly signal: AbortSignal;
}

/** A file of a customer's message, as the webhook named it. */
export interface DownloadMediaRequest {
  readonly account: ProviderAccount;
  /** The provider's id of the file, and the short-lived address that the webhook may have brought. */
  readonly media: { readonly id: string; readonly url?: string | undefined };
  readonly correlationId: string;
  readonly signal: AbortSignal;
}

/** A file on its way to us; what the provider says about it is to be checked. */
export interface MediaDownload {
  readonly body: ReadableStream<Uint8Array>;
  readonly mimeType?: string;
  /** Hexadecimal. */
  readonly sha256?: string;
  readonly sizeBytes?: number;
}

/** A file of ours that the provider is to keep for sending. */
export interface UploadMediaRequest {
  readonly account: ProviderAccount;
  readonly file: Blob;
  readonly mimeType: string;
  readonly filename: string;
  readonly correlationId: string;
  readonly signal: AbortSignal;
}

/** What the provider calls the file, and for how long. */
export interface MediaUpload {
  readonly id: string;
  readonly keepSeconds: number;
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

/** The templates of a business account to list. */
export interface ListTemplatesRequest {
  readonly account: ProviderAccount;
  /** The provider's id of the business account (Meta: the WABA). */
  readonly businessId: string;
  readonly correlationId: string;
  readonly signal: AbortSignal;
}

/** A way to WhatsApp. */
export interface Provider {
  readonly id: ProviderId;
  /** What it can show; `degrade` makes any content fit. */
  readonly capabilities: Capabilities;
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
  /**
   * Begins to fetch the file of a customer's message, from the provider's own hosts only. A provider without it has no files.
   * @throws MessageProcessingError when it can never be had, WorkflowError when a later try may have it
   */
  downloadMedia?(request: DownloadMediaRequest): Promise<MediaDownload>;
  /**
   * Uploads a file, for messages to name it by its id.
   * @throws MessageProcessingError when the provider will never take it, WorkflowError when a later try may succeed
   */
  uploadMedia?(request: UploadMediaRequest): Promise<MediaUpload>;
  /**
   * Lists all message templates of a business account, as the provider describes them; missing where there are none.
   * @throws WorkflowError when they could not all be read; safe to repeat
   */
  listTemplates?(request: ListTemplatesRequest): Promise<JsonObject[]>;
}

// Meta's error codes as the Graph API answers them.
// Source: "Error codes" of the WhatsApp Cloud API documentation (developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes).
import { newTraceId } from "../ids.ts";

type Known = { readonly title: string; readonly details: string; readonly status: number };

const known = {
  1: { title: "An unknown error occurred", details: "Possible invalid request or server error.", status: 400 },
  2: { title: "Service temporarily unavailable", details: "Temporary due to downtime or overload.", status: 503 },
  4: {
    title: "Application request limit reached",
    details: "The app has reached its API call rate limit.",
    status: 400,
  },
  10: { title: "Application does not have permission for this action", details: "Permission is missing.", status: 403 },
  100: {
    title: "Invalid parameter",
    details: "The request included a misspelled or unsupported parameter.",
    status: 400,
  },
  190: { title: "Invalid OAuth access token - Cannot parse access token", details: "", status: 401 },
  368: { title: "Temporarily blocked for policies violations", details: "The account is restricted.", status: 403 },
  2500: { title: "Unknown path components", details: "", status: 400 },
  80007: { title: "Rate limit issues", details: "The WABA has reached its rate limit.", status: 400 },
  130429: { title: "Rate limit hit", details: "Cloud API message throughput has been reached.", status: 400 },
  130472: { title: "User's number is part of an experiment", details: "Message was not sent.", status: 400 },
  131000: { title: "Something went wrong", details: "Message failed to send due to an unknown error.", status: 500 },
  131005: { title: "Access denied", details: "Permission is not granted or was removed.", status: 403 },
  131008: { title: "Required parameter is missing", details: "A required parameter is missing.", status: 400 },
  131009: { title: "Parameter value is not valid", details: "A parameter value is not valid.", status: 400 },
  131016: { title: "Service unavailable", details: "A service is temporarily unavailable.", status: 500 },
  131021: { title: "Recipient cannot be sender", details: "Sender and recipient are the same.", status: 400 },
  131026: { title: "Message undeliverable", details: "Message undeliverable.", status: 400 },
  131030: { title: "Recipient phone number not in allowed list", details: "Add it to the list.", status: 400 },
  131031: { title: "Business Account locked", details: "The account has been locked.", status: 403 },
  131042: { title: "Business eligibility payment issue", details: "There was a payment error.", status: 400 },
  131047: {
    title: "Re-engagement message",
    details:
      "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    status: 400,
  },
  131048: { title: "Spam rate limit hit", details: "Too many messages were blocked or flagged as spam.", status: 400 },
  131049: {
    title: "This message was not delivered to maintain healthy ecosystem engagement.",
    details: "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    status: 400,
  },
  131050: { title: "User has stopped marketing messages", details: "The recipient opted out.", status: 400 },
  131051: { title: "Unsupported message type", details: "Message type is currently not supported.", status: 501 },
  131052: { title: "Media download error", details: "Unable to download the media sent by the user.", status: 404 },
  131053: { title: "Media upload error", details: "Unable to upload the media used in the message.", status: 400 },
  131056: {
    title: "(Business Account, Consumer Account) pair rate limit hit",
    details:
      "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.",
    status: 400,
  },
  131057: { title: "Account in maintenance mode", details: "The account is in maintenance mode.", status: 500 },
  132000: { title: "Number of parameters does not match", details: "Check the template.", status: 400 },
  132001: {
    title: "Template name does not exist in the translation",
    details: "The template does not exist in the language, or has not been approved.",
    status: 404,
  },
} as const satisfies Readonly<Record<number, Known>>;

/** A refusal by the Graph API: what `error` says, and the HTTP status. */
export class GraphError extends Error {
  override readonly name = "GraphError";
  readonly code: number;
  readonly status: number;
  readonly details: string;
  readonly subcode: number | undefined;
  readonly type: string;

  /**
   * @param code - Meta's error code; one that is not in the table becomes an error 400 with a general text
   * @param options - what is special this time
   */
  constructor(
    code: number,
    options: {
      readonly message?: string;
      readonly details?: string;
      readonly status?: number;
      readonly subcode?: number;
      readonly type?: string;
    } = {},
  ) {
    const facts = errorFacts(code);
    super(options.message ?? `(#${code}) ${facts.title}`);
    this.code = code;
    this.details = options.details ?? facts.details;
    this.status = options.status ?? facts.status;
    this.subcode = options.subcode;
    this.type = options.type ?? "OAuthException";
  }

  /** The body of the answer. */
  toBody(): { readonly error: Readonly<Record<string, unknown>> } {
    return {
      error: {
        message: this.message,
        type: this.type,
        code: this.code,
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        ...(this.details === "" ? {} : { error_data: { messaging_product: "whatsapp", details: this.details } }),
        ...(this.code === 2 || this.code === 131016 ? { is_transient: true } : {}),
        fbtrace_id: newTraceId(),
      },
    };
  }
}

/** Title, details and usual HTTP status of an error code. */
export function errorFacts(code: number): Known {
  const facts: Readonly<Record<number, Known>> = known;
  return facts[code] ?? { title: "Generic error", details: `Error ${code}.`, status: code < 100 ? 500 : 400 };
}

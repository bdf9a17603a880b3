// What Meta's error codes mean for a message of ours: try again, slow down, stop, or give up. The code decides, not the
// HTTP status: throttles come as 400. https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
import type { RejectionClass } from "../../outbound.ts";

/** One code: what to do, what it means, and how long to wait when Meta or experience names a time. */
export interface GraphErrorMeaning {
  readonly class: RejectionClass;
  readonly meaning: string;
  readonly waitSeconds?: number;
}

const HOUR = 3600;

/** Every code that this version knows by itself. */
export const graphErrorCodes: Readonly<Record<number, GraphErrorMeaning>> = {
  0: { class: "stop_channel", meaning: "the access token could not be checked; make a new one" },
  1: { class: "retry", meaning: "unknown error at Meta" },
  2: { class: "retry", meaning: "Meta is temporarily unavailable" },
  3: { class: "stop_channel", meaning: "the app may not call this; grant it the permission" },
  4: { class: "slow_number", meaning: "the app's rate limit is reached" },
  10: { class: "stop_channel", meaning: "the permission is missing or was taken away" },
  33: { class: "never", meaning: "the phone number id does not exist or was deleted" },
  100: { class: "never", meaning: "a parameter of the request is wrong" },
  190: { class: "stop_channel", meaning: "the access token has expired or was revoked; store a new one" },
  368: { class: "pause_number", meaning: "the business account is blocked for a time because of a policy" },
  80007: { class: "slow_number", meaning: "the business account's rate limit is reached" },
  130429: { class: "slow_number", meaning: "the number's throughput is reached" },
  130472: { class: "never", meaning: "the person is part of an experiment of Meta's" },
  130497: { class: "never", meaning: "the business may not write to people in this country" },
  131000: { class: "retry", meaning: "something went wrong at Meta" },
  131005: { class: "stop_channel", meaning: "access was denied; check the token's permissions" },
  131008: { class: "never", meaning: "a required parameter is missing" },
  131009: { class: "never", meaning: "a parameter has a value that is not allowed" },
  131016: { class: "retry", meaning: "a service of Meta's is overloaded" },
  131020: { class: "never", meaning: "the group is not available" },
  131021: { class: "never", meaning: "sender and recipient are the same number" },
  131026: {
    class: "never",
    meaning: "the message cannot be delivered: not on WhatsApp, an old app, or terms not accepted",
  },
  131030: { class: "never", meaning: "the recipient is not on the test number's list; add it in Meta's dashboard" },
  131031: { class: "stop_channel", meaning: "the business account is locked" },
  131035: { class: "never", meaning: "the data retention limit has passed" },
  131037: { class: "never", meaning: "the number's display name is not approved yet" },
  131041: { class: "never", meaning: "the business account is not set up for this" },
  131042: { class: "stop_channel", meaning: "the payment method needs attention" },
  131045: { class: "stop_channel", meaning: "the number is not registered correctly (certificate)" },
  131047: {
    class: "window_closed",
    meaning: "more than 24 hours since the customer's last message: only a template can be sent",
  },
  131048: { class: "pause_number", meaning: "too many messages of this number were reported as spam" },
  131049: { class: "later", meaning: "Meta limits marketing messages to this person", waitSeconds: 24 * HOUR },
  131050: { class: "never", meaning: "the person does not want marketing messages of this business" },
  131051: { class: "never", meaning: "the message type is not supported" },
  131052: { class: "never", meaning: "the media could not be downloaded" },
  131053: { class: "never", meaning: "the media could not be uploaded" },
  131055: { class: "never", meaning: "the method is not allowed" },
  131056: { class: "slow_pair", meaning: "too many messages to the same person in a short time" },
  131057: { class: "later", meaning: "the account is in maintenance, often a throughput upgrade", waitSeconds: 120 },
  131059: { class: "never", meaning: "the request cannot be served for this account" },
  131061: { class: "never", meaning: "a bid is not allowed on this API" },
  131062: { class: "never", meaning: "this message needs a phone number and the person's is not known; ask for it" },
  131063: { class: "never", meaning: "marketing templates are switched off for this API" },
  131064: { class: "pause_number", meaning: "the number's quality limit is reached" },
  131065: { class: "never", meaning: "the highest price for this message was exceeded" },
  131070: { class: "never", meaning: "somebody else owns this conversation (conversation routing)" },
  131208: { class: "retry", meaning: "the group is temporarily unavailable" },
  132000: { class: "never", meaning: "the number of template parameters is wrong" },
  132001: { class: "never", meaning: "the template does not exist in this language, or is not approved" },
  132005: { class: "never", meaning: "the template's text is too long once filled in" },
  132007: { class: "never", meaning: "the template breaks a policy" },
  132008: { class: "never", meaning: "a template parameter breaks the format" },
  132012: { class: "never", meaning: "a template parameter has the wrong format" },
  132015: { class: "never", meaning: "the template is paused because of its quality" },
  132016: { class: "never", meaning: "the template is disabled because of its quality" },
  132018: { class: "never", meaning: "the template's parameters are wrong" },
  132068: { class: "never", meaning: "the flow is blocked" },
  132069: { class: "later", meaning: "the flow is throttled", waitSeconds: HOUR },
  133000: { class: "never", meaning: "an earlier deregistration failed; deregister the number again" },
  133004: { class: "retry", meaning: "Meta's server is temporarily unavailable" },
  133005: { class: "never", meaning: "the two-step verification PIN is wrong" },
  133006: { class: "never", meaning: "the number must be verified before it is registered" },
  133007: { class: "never", meaning: "too many attempts at the two-step verification PIN" },
  133008: { class: "never", meaning: "too many attempts at the two-step verification PIN" },
  133009: { class: "never", meaning: "the two-step verification PIN was entered too quickly" },
  133010: { class: "stop_channel", meaning: "the number is not registered at the platform" },
  133015: {
    class: "later",
    meaning: "the number was deleted a moment ago and cannot be registered yet",
    waitSeconds: 300,
  },
  133016: { class: "later", meaning: "the number was registered too often", waitSeconds: 72 * HOUR },
  134011: { class: "never", meaning: "the terms for payments are not accepted" },
  134100: { class: "never", meaning: "only marketing messages can be sent through this API" },
  134101: { class: "later", meaning: "the template is still being synchronised", waitSeconds: 600 },
  134102: { class: "never", meaning: "the template cannot be used for marketing messages" },
  135000: { class: "never", meaning: "something is wrong with the request's parameters" },
  137000: { class: "never", meaning: "the person's identity key does not match" },
};

/** Areas whose every code has the same answer; a code of its own above comes first. */
const areas: readonly { readonly from: number; readonly to: number; readonly means: GraphErrorMeaning }[] = [
  { from: 200, to: 299, means: { class: "stop_channel", meaning: "a permission is missing" } },
  { from: 131200, to: 131299, means: { class: "never", meaning: "the group does not take this message" } },
  { from: 138000, to: 138999, means: { class: "never", meaning: "the call cannot be made" } },
  { from: 139000, to: 139999, means: { class: "never", meaning: "the flow or integrity check refused the message" } },
  { from: 147001, to: 147005, means: { class: "never", meaning: "the username cannot be used" } },
];

/** How an error reached us; without an HTTP status it came later, as a `failed` status. */
export interface GraphErrorSource {
  readonly httpStatus?: number;
  /** `error.is_transient` of a Graph error. */
  readonly transient?: boolean;
}

/**
 * Says what an error code of Meta's means for the message.
 * @param code - `error.code` of a Graph error, or `statuses[].errors[].code`
 * @returns the known meaning; for an unknown code: retry when Meta calls it transient, throttles or fails (429, 5xx), otherwise never
 */
export function graphErrorMeaning(code: number, source: GraphErrorSource = {}): GraphErrorMeaning {
  const known = graphErrorCodes[code] ?? areas.find(({ from, to }) => code >= from && code <= to)?.means;
  if (known !== undefined) return known;
  const { httpStatus = 0, transient = false } = source;
  const passes = transient || httpStatus === 429 || httpStatus >= 500;
  return { class: passes ? "retry" : "never", meaning: "an error that this version does not know" };
}

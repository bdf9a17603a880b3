// Meta's error codes one by one: what to do with the message, what the code means, and what a person can do about it.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
import type { RejectionClass } from "../../outbound.ts";

/** One code. */
export interface GraphErrorMeaning {
  readonly class: RejectionClass;
  readonly meaning: string;
  /** What a person can do; "nothing" where it passes by itself. */
  readonly mend: string;
  /** How long to wait, when Meta or experience names a time. */
  readonly waitSeconds?: number;
}

type Row = readonly [kind: RejectionClass, meaning: string, mend: string, waitSeconds?: number];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const nothing = "nothing: it passes by itself";
const bug = "the message was built wrongly: report it";
const template = "correct the template or its parameters";
const registration = "register the number again in Meta's dashboard";

const rows: Readonly<Record<number, Row>> = {
  0: ["stop_channel", "the access token could not be checked", "store a new access token"],
  1: ["retry", "unknown error at Meta", nothing],
  2: ["retry", "Meta is temporarily unavailable", nothing],
  3: ["stop_channel", "the app may not call this", "grant the app the permission whatsapp_business_messaging"],
  4: ["slow_app", "the app's rate limit is reached", nothing],
  10: ["stop_channel", "the permission is missing or was taken away", "grant the permission again"],
  33: ["never", "the phone number id does not exist or was deleted", "correct the account's external id"],
  100: ["never", "a parameter of the request is wrong", bug],
  190: ["stop_channel", "the access token has expired or was revoked", "store a new access token"],
  368: [
    "pause_number",
    "the business account is blocked for a time because of a policy",
    "read the notice in Meta's dashboard, then resume the number",
  ],
  80007: ["slow_app", "the business account's rate limit is reached", nothing],
  130429: ["slow_number", "the number's throughput is reached", nothing],
  130472: ["never", "the person is part of an experiment of Meta's", "wait until the person writes"],
  130497: ["never", "the business may not write to people in this country", "write to this person in another way"],
  131000: ["retry", "something went wrong at Meta", nothing],
  131005: ["stop_channel", "access was denied", "check the token's permissions and store a new token"],
  131008: ["never", "a required parameter is missing", bug],
  131009: ["never", "a parameter has a value that is not allowed", bug],
  131016: ["retry", "a service of Meta's is overloaded", nothing],
  131020: ["never", "the group is not available", "write to the person alone"],
  131021: ["never", "sender and recipient are the same number", "write to another number"],
  131026: [
    "never",
    "the message cannot be delivered: not on WhatsApp, an old app, or terms not accepted",
    "reach this person in another way",
  ],
  131030: ["never", "the recipient is not on the test number's list", "add the number in Meta's dashboard"],
  131031: ["stop_channel", "the business account is locked", "appeal in Meta's dashboard, then resume the number"],
  131035: ["never", "the data retention limit has passed", "write a new message"],
  131037: ["never", "the number's display name is not approved yet", "have the display name approved"],
  131041: ["never", "the business account is not set up for this", "set it up in Meta's dashboard"],
  131042: [
    "stop_channel",
    "the payment method needs attention",
    "mend the payment method in Meta's dashboard, then resume the number",
  ],
  131045: ["stop_channel", "the number is not registered correctly (certificate)", registration],
  131047: ["window_closed", "more than 24 hours since the customer's last message", "send a template"],
  131048: [
    "pause_number",
    "too many messages of this number were reported as spam",
    "look at what was sent, wait, then resume the number",
  ],
  131049: ["later", "Meta limits marketing messages to this person", nothing, 24 * HOUR],
  131050: ["never", "the person does not want marketing messages of this business", "respect it"],
  131051: ["never", "the message type is not supported", "send it as another type"],
  131052: ["reupload", "the media could not be downloaded", "check the file and its address"],
  131053: ["reupload", "the media could not be uploaded", "check the file's type and size"],
  131055: ["never", "the method is not allowed", bug],
  131056: ["slow_pair", "too many messages to the same person in a short time", nothing],
  131057: ["later", "the account is in maintenance, often a throughput upgrade", nothing, 2 * MINUTE],
  131059: ["never", "the request cannot be served for this account", "look at the account in Meta's dashboard"],
  131061: ["never", "a bid is not allowed on this API", bug],
  131062: ["never", "this message needs a phone number and the person's is not known", "ask the person for the number"],
  131063: ["never", "marketing templates are switched off for this API", "use the API for marketing messages"],
  131064: ["pause_number", "the number's quality limit is reached", "raise the quality, then resume the number"],
  131065: ["never", "the highest price for this message was exceeded", "raise the price limit"],
  131070: [
    "never",
    "somebody else owns this conversation (conversation routing)",
    "leave the conversation to its owner",
  ],
  131208: ["retry", "the group is temporarily unavailable", nothing],
  132000: ["never", "the number of template parameters is wrong", template],
  132001: [
    "never",
    "the template does not exist in this language, or is not approved",
    "have the template approved in this language",
  ],
  132005: ["never", "the template's text is too long once filled in", "shorten the parameters"],
  132007: ["never", "the template breaks a policy", "correct the template and have it approved"],
  132008: ["never", "a template parameter breaks the format", template],
  132012: ["never", "a template parameter has the wrong format", template],
  132015: ["never", "the template is paused because of its quality", "use another template, or edit this one"],
  132016: ["never", "the template is disabled because of its quality", "make a new template"],
  132018: ["never", "the template's parameters are wrong", template],
  132068: ["never", "the flow is blocked", "mend the flow in Meta's dashboard"],
  132069: ["later", "the flow is throttled", nothing, HOUR],
  133000: ["never", "an earlier deregistration failed", "deregister the number again"],
  133004: ["retry", "Meta's server is temporarily unavailable", nothing],
  133005: ["never", "the two-step verification PIN is wrong", "use the right PIN, or reset it"],
  133006: ["never", "the number must be verified before it is registered", "verify the number"],
  133007: ["never", "too many attempts at the two-step verification PIN", "wait, then use the right PIN"],
  133008: ["never", "too many attempts at the two-step verification PIN", "wait, then use the right PIN"],
  133009: ["never", "the two-step verification PIN was entered too quickly", "wait, then enter it again"],
  133010: ["stop_channel", "the number is not registered at the platform", registration],
  133015: ["later", "the number was deleted a moment ago and cannot be registered yet", nothing, 5 * MINUTE],
  133016: ["later", "the number was registered too often", nothing, 72 * HOUR],
  134011: ["never", "the terms for payments are not accepted", "accept the terms in Meta's dashboard"],
  134100: ["never", "only marketing messages can be sent through this API", "send it through the Cloud API"],
  134101: ["later", "the template is still being synchronised", nothing, 10 * MINUTE],
  134102: ["never", "the template cannot be used for marketing messages", "use another template"],
  135000: ["never", "something is wrong with the request's parameters", bug],
  137000: ["never", "the person's identity key does not match", "confirm who the person is before writing on"],
};

/** Every code that this version knows by itself. */
export const graphErrorCodes: ReadonlyMap<number, GraphErrorMeaning> = new Map(
  Object.entries(rows).map(([code, row]) => [Number(code), toMeaning(row)]),
);

/** Areas whose every code has the same answer; a code of its own above comes first. */
export const graphErrorAreas: readonly {
  readonly from: number;
  readonly to: number;
  readonly means: GraphErrorMeaning;
}[] = [
  { from: 200, to: 299, means: toMeaning(["stop_channel", "a permission is missing", "grant the permission"]) },
  {
    from: 131200,
    to: 131299,
    means: toMeaning(["never", "the group does not take this message", "look at the group"]),
  },
  { from: 138000, to: 138999, means: toMeaning(["never", "the call cannot be made", "write instead"]) },
  { from: 139000, to: 139999, means: toMeaning(["never", "the flow or integrity check refused it", "mend the flow"]) },
  { from: 147001, to: 147005, means: toMeaning(["never", "the username cannot be used", "choose another username"]) },
];

function toMeaning([kind, meaning, mend, waitSeconds]: Row): GraphErrorMeaning {
  return { class: kind, meaning, mend, ...(waitSeconds === undefined ? {} : { waitSeconds }) };
}

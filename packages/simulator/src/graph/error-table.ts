// Meta's error codes: title, details and HTTP status as its documentation lists them.
// Source: "Error codes" of the WhatsApp Cloud API documentation (developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes)
// and "Groups API error codes". Throttles come as 400, not as 429. Codes of calling, of username set-up and of the Flows
// API never answer a message; they stand here by family so that chaos can answer them all the same.

/** What an error code says. `transient` marks those that Meta answers with `is_transient`. */
export type ErrorFacts = {
  readonly title: string;
  readonly details: string;
  readonly status: number;
  readonly transient?: true;
};

/** Rows of the table: code, HTTP status, title, details. */
const rows: readonly (readonly [code: number, status: number, title: string, details: string])[] = [
  [0, 401, "AuthException", "We were unable to authenticate the app user."],
  [1, 400, "An unknown error occurred", "Possible invalid request or server error."],
  [2, 503, "Service temporarily unavailable", "Temporary due to downtime or due to being overloaded."],
  [3, 500, "Application does not have the capability to make this API call", "Capability or permissions issue."],
  [4, 400, "Application request limit reached", "The app has reached its API call rate limit."],
  [
    10,
    403,
    "Application does not have permission for this action",
    "Permission is either not granted or has been removed.",
  ],
  [33, 400, "Parameter value is not valid", "The business phone number has been deleted."],
  [100, 400, "Invalid parameter", "The request included one or more unsupported or misspelled parameters."],
  [190, 401, "Invalid OAuth access token - Cannot parse access token", ""],
  [200, 403, "Permissions error", "Permission is either not granted or has been removed."],
  [
    368,
    403,
    "Temporarily blocked for policies violations",
    "The WhatsApp Business Account has been restricted or disabled for violating a platform policy.",
  ],
  [2500, 400, "Unknown path components", ""],
  [80007, 400, "Rate limit issues", "The WhatsApp Business Account has reached its rate limit."],
  [130429, 400, "Rate limit hit", "Cloud API message throughput has been reached."],
  [130472, 400, "User's number is part of an experiment", "Message was not sent as part of an experiment."],
  [
    130497,
    403,
    "Business account is restricted from messaging users in this country.",
    "The WhatsApp Business Account is restricted from messaging to users in certain countries.",
  ],
  [131000, 500, "Something went wrong", "Message failed to send due to an unknown error."],
  [131005, 403, "Access denied", "Permission is either not granted or has been removed."],
  [131008, 400, "Required parameter is missing", "The request is missing a required parameter."],
  [131009, 400, "Parameter value is not valid", "One or more parameter values are invalid."],
  [131016, 500, "Service unavailable", "A service is temporarily unavailable."],
  [131020, 400, "Bad group", "Cannot send messages to single member groups."],
  [131021, 400, "Recipient cannot be sender", "Sender and recipient phone number is the same."],
  [131026, 400, "Message undeliverable", "Message undeliverable."],
  [
    131030,
    400,
    "Recipient phone number not in allowed list",
    "Add the recipient phone number to the recipient list and try again.",
  ],
  [
    131031,
    403,
    "Business Account locked",
    "The WhatsApp Business Account has been restricted or disabled for violating a platform policy.",
  ],
  [131035, 400, "Message expired", "The data retention limit has passed."],
  [
    131037,
    400,
    "WhatsApp provided number needs display name approval before message can be sent.",
    "The business phone number does not have an approved display name.",
  ],
  [131041, 400, "Group unknown", "The group was not found."],
  [131042, 400, "Business eligibility payment issue", "There was an error related to your payment method."],
  [131045, 500, "Incorrect certificate", "Message failed to send due to a phone number registration error."],
  [
    131047,
    400,
    "Re-engagement message",
    "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
  ],
  [
    131048,
    400,
    "Spam rate limit hit",
    "Message failed to send because there are restrictions on how many messages can be sent from this phone number. This may be because too many previous messages were blocked or flagged as spam.",
  ],
  [
    131049,
    400,
    "This message was not delivered to maintain healthy ecosystem engagement.",
    "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
  ],
  [
    131050,
    400,
    "User has stopped marketing messages",
    "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on WhatsApp from your business.",
  ],
  [131051, 400, "Unsupported message type", "Message type is currently not supported."],
  [131052, 400, "Media download error", "Unable to download the media sent by the user."],
  [131053, 400, "Media upload error", "Unable to upload the media used in the message."],
  [131055, 400, "Method not allowed", "Only marketing template messages are supported"],
  [
    131056,
    400,
    "(Business Account, Consumer Account) pair rate limit hit",
    "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.",
  ],
  [131057, 500, "Account in maintenance mode", "Business Account is in maintenance mode."],
  [
    131059,
    400,
    "Invalid cursor",
    "The cursor has either expired or become corrupted. Start pagination from the beginning again.",
  ],
  [
    131061,
    400,
    "bid_spec is not supported on Cloud API",
    "Send a template with bid_spec through the Marketing Messages API.",
  ],
  [
    131062,
    400,
    "Business-scoped User ID (BSUID) recipients are not supported for this message.",
    "Provide the phone number of the recipient.",
  ],
  [
    131063,
    400,
    "Marketing messages are disabled on Cloud API",
    "Marketing templates of this account are sent through the Marketing Messages API only.",
  ],
  [
    131064,
    400,
    "Temporarily blocked because of low quality",
    "Sending from this business phone number is restricted for now.",
  ],
  [131065, 400, "Maximum price exceeded", "The price of the message is above the maximum price of the template."],
  [131070, 400, "Thread is not owned by this app", "Another responder owns the conversation."],
  [131201, 206, "Request partially succeeded", "Not all participant-level operations in the request succeeded."],
  [131202, 400, "Duplicate participant", "Duplicate participants in the participant array input."],
  [131204, 400, "Participant overlimit", "Group participant size exceeds limit."],
  [131207, 403, "Group suspended", "The group violates platform policies."],
  [
    131208,
    429,
    "Group Rate Limit Hit",
    "Group operation failed because there were too many group operations from this phone number in a short period.",
  ],
  [131209, 400, "Invalid Group Profile Picture Aspect Ratio", "Width and height of the image must be equal."],
  [131210, 400, "Image is Too Small to Process", "Image width and height must be greater than 192px."],
  [
    131211,
    400,
    "Group create limit reached",
    "Reached the limit for the maximum number of groups that can be created for this number.",
  ],
  [131212, 400, "Participant is not a part of the group.", "Participant is not a part of the group."],
  [131213, 400, "Group join request does not exist.", "Group join request does not exist."],
  [131214, 400, "Group creation is temporarily disabled", "Group creation is temporarily disabled."],
  [
    131215,
    400,
    "This phone number is not eligible to access Groups APIs",
    "Groups APIs are only available for eligible phone numbers.",
  ],
  [
    132000,
    400,
    "Number of parameters does not match the expected number of params",
    "The number of variable parameter values included in the request did not match the number of variable parameters defined in the template.",
  ],
  [
    132001,
    404,
    "Template name does not exist in the translation",
    "The template does not exist in the specified language or the template has not been approved.",
  ],
  [132005, 400, "Translated text too long", "Translated text is too long."],
  [132007, 400, "Template Format Character Policy Violated", "Template content violates a WhatsApp policy."],
  [132008, 400, "Template parameter format is not valid", "A parameter value of the template is not valid."],
  [
    132012,
    400,
    "Parameter format does not match format in the created template",
    "Variable parameter values formatted incorrectly.",
  ],
  [
    132015,
    400,
    "Template is paused",
    "Template is paused due to low quality so it cannot be sent in a template message.",
  ],
  [
    132016,
    400,
    "Template is disabled",
    "Template has been paused too many times due to low quality and is now permanently disabled.",
  ],
  [132018, 400, "There was an issue with the parameters in your template", "Check the parameters of the template."],
  [132068, 400, "Flow is blocked", "Flow is in blocked state."],
  [
    132069,
    400,
    "Flow is throttled",
    "Flow is in throttled state and 10 messages using this flow were already sent in the last hour.",
  ],
  [133000, 500, "Incomplete Deregistration", "A previous deregistration attempt failed."],
  [133004, 503, "Server Temporarily Unavailable", "Server is temporarily unavailable."],
  [133005, 400, "Two step verification PIN Mismatch", "Two-step verification PIN incorrect."],
  [133006, 400, "Phone number re-verification needed", "Phone number needs to be verified before registering."],
  [
    133007,
    400,
    "Too many two-step verification PIN guesses",
    "The phone number is temporarily blocked from two-step verification.",
  ],
  [
    133008,
    400,
    "Too Many two step verification PIN Guesses",
    "Too many two-step verification PIN guesses for this phone number.",
  ],
  [133009, 400, "Two step verification PIN Guessed Too Fast", "Two-step verification PIN was entered too quickly."],
  [133010, 400, "Phone number Not Registered", "Phone number not registered on the WhatsApp Business Platform."],
  [
    133015,
    400,
    "Please wait a few minutes before attempting to register this phone number",
    "The phone number you are attempting to register was recently deleted, and deletion has not yet completed.",
  ],
  [
    133016,
    400,
    "Account register deregister rate limit exceeded",
    "Registration or deregistration failed because there were too many attempts for this phone number in a short period of time.",
  ],
  [
    134011,
    400,
    "WhatsApp Payments terms of service has not been accepted",
    "Accept the WhatsApp Payments terms of service.",
  ],
  [134100, 400, "Only marketing messages supported", "You're only able to send marketing messages on this API."],
  [
    134101,
    400,
    "Your template is still syncing",
    "When you send a message from a template, the template syncing process can take up to 10 minutes to complete.",
  ],
  [134102, 500, "Template unavailable for use", "Please check your eligibility status."],
  [
    135000,
    400,
    "Generic user error",
    "Message failed to send because of an unknown error with your request parameters.",
  ],
  [137000, 400, "Recipient identity key hash mismatch", "The user's identity has changed."],
  [138000, 401, "Calling not enabled", "Calling is not enabled for this business phone number."],
  [138001, 400, "Receiver uncallable", "The receiver cannot be called."],
  [138006, 401, "No approved call permission from the recipient", "The recipient has not given a call permission."],
  [139000, 400, "Blocked by integrity", "The request was blocked by an integrity check."],
  [147001, 400, "Business username error", "The username is not valid."],
  [147002, 400, "Business username error", "The username is taken."],
  [147003, 400, "Business username error", "The username cannot be changed now."],
  [147004, 400, "Business username error", "The account may not have a username."],
  [147005, 400, "Business username error", "The username was not found."],
];
const transient: ReadonlySet<number> = new Set([1, 2, 131000, 131016, 133004]);

/** Every code of the table. */
export const errorTable: ReadonlyMap<number, ErrorFacts> = new Map(
  rows.map(([code, status, title, details]) => [
    code,
    { title, details, status, ...(transient.has(code) ? { transient: true } : {}) },
  ]),
);

/** Title, details and usual HTTP status of an error code; a general text for one that is not in the table. */
export function errorFacts(code: number): ErrorFacts {
  const known = errorTable.get(code);
  if (known !== undefined) return known;
  if (code > 200 && code < 300) return { title: "Permissions error", details: "Permission is missing.", status: 403 };
  return { title: "Generic error", details: `Error ${code}.`, status: code < 100 ? 500 : 400 };
}

// What we want to send, in words that every provider understands, and what a provider answers to it.
import { z } from "zod";
import type { Json } from "./json.ts";
import {
  choiceId,
  contactCard,
  filename,
  frame,
  mediaRef,
  mimeType,
  templateComponent,
  title,
  visibleText,
  webAddress,
} from "./outbound-parts.ts";

/** Which message is quoted: our id of a message of the conversation, or the provider's. */
const messageRef = z.string().min(1).max(512);
/** What every kind of message has. */
const common = { replyTo: messageRef.optional() };
const file = { ...common, media: mediaRef, mimeType: mimeType.optional() };
const caption = visibleText.max(10_000).optional();
const isEachOnce = (values: readonly string[]) => new Set(values).size === values.length;

const button = z.object({ id: choiceId, title });
const row = z.object({ id: choiceId, title, description: visibleText.max(500).optional() });
const section = z.object({ title: title.optional(), rows: z.array(row).min(1).max(100) });

const flow = {
  ...common,
  text: visibleText,
  ...frame,
  /** On the button that opens the flow. */
  title,
  /** Identifies this one use of the flow; comes back with the answer. */
  token: z.string().min(1).max(1000).optional(),
  /** `navigate` opens `screen`; `data_exchange` asks the flow's endpoint which screen. */
  action: z.enum(["navigate", "data_exchange"]).optional(),
  screen: z.string().min(1).max(200).optional(),
  data: z.record(z.string(), z.json()).optional(),
  /** `draft` for a flow that is not published yet. */
  mode: z.enum(["draft", "published"]).optional(),
};

/**
 * The content of one outgoing message: everything that WhatsApp can show. The limits here are wide; what a provider
 * cannot show is degraded by its capabilities (text/degrade.ts).
 */
export const outboundContent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), ...common, text: z.string().min(1), previewUrl: z.boolean().optional() }),
  z.object({ type: z.literal("image"), ...file, caption }),
  z.object({ type: z.literal("video"), ...file, caption }),
  /** `voice`: shown as a voice message, not as a file. */
  z.object({ type: z.literal("audio"), ...file, voice: z.boolean().optional() }),
  z.object({ type: z.literal("document"), ...file, caption, filename: filename.optional() }),
  /** `description`: what it shows, for people and providers that cannot see it. */
  z.object({ type: z.literal("sticker"), ...file, description: visibleText.max(500).optional() }),
  z.object({
    type: z.literal("location"),
    ...common,
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: visibleText.max(1000).optional(),
    address: visibleText.max(1000).optional(),
  }),
  z.object({ type: z.literal("contacts"), ...common, contacts: z.array(contactCard).min(1).max(100) }),
  /** An empty emoji takes the reaction back. */
  z.object({ type: z.literal("reaction"), ...common, messageId: messageRef, emoji: z.string().max(64) }),
  /** `menu`: on the button that opens the list, where there are too many buttons to show as such. */
  z.object({
    type: z.literal("buttons"),
    ...common,
    text: visibleText,
    ...frame,
    buttons: z
      .array(button)
      .min(1)
      .max(100)
      .refine((all) => isEachOnce(all.map(({ id }) => id)), "each button needs an id of its own")
      .refine((all) => isEachOnce(all.map((one) => one.title)), "each button needs a title of its own"),
    menu: title.optional(),
  }),
  z.object({
    type: z.literal("list"),
    ...common,
    text: visibleText,
    ...frame,
    /** On the button that opens the list. */
    button: title,
    sections: z
      .array(section)
      .min(1)
      .max(100)
      .refine(
        (all) => isEachOnce(all.flatMap(({ rows }) => rows.map(({ id }) => id))),
        "each row needs an id of its own",
      )
      .refine(
        (all) => all.length === 1 || all.every((one) => one.title !== undefined),
        "with more than one section each needs a title",
      ),
  }),
  z.object({ type: z.literal("cta_url"), ...common, text: visibleText, ...frame, title, url: webAddress }),
  z
    .object({
      type: z.literal("flow"),
      ...flow,
      flowId: z.string().min(1).max(200).optional(),
      flowName: visibleText.max(200).optional(),
    })
    .refine(
      (one) => (one.flowId === undefined) !== (one.flowName === undefined),
      "exactly one of flowId and flowName is needed",
    )
    .refine((one) => one.data === undefined || one.screen !== undefined, "data needs the screen that gets it"),
  /** Asks where the customer is. */
  z.object({ type: z.literal("location_request"), ...common, text: visibleText }),
  /** Asks for the customer's phone number, where only a user id is known. */
  z.object({ type: z.literal("contact_info_request"), ...common, text: visibleText }),
  z.object({
    type: z.literal("template"),
    ...common,
    name: z.string().min(1).max(512),
    /** Such as `en_US`. */
    language: z.string().min(2).max(16),
    components: z.array(templateComponent).max(20).optional(),
  }),
]);
/** The content of one outgoing message. */
export type OutboundContent = z.infer<typeof outboundContent>;
/** What a message can be. */
export type ContentType = OutboundContent["type"];
/** The content of one type. */
export type ContentOf<T extends ContentType> = Extract<OutboundContent, { readonly type: T }>;

/** To whom: the raw wa_id of the phone, or the business-scoped user id when the phone is not known. */
export type Recipient = { readonly phone: string } | { readonly bsuid: string };
/** Reads a recipient. */
export const recipient = z.union([
  z.object({ phone: z.string().min(1) }),
  z.object({ bsuid: z.string().min(1) }),
]) satisfies z.ZodType<Recipient>;

/**
 * What to do about a refusal, at once or as a later failed status. What each means for the message and the account
 * stands in `retry_in.sql` and `block_account.sql`; here in short.
 */
export const rejectionClasses = {
  again: "nothing is wrong with the message: our own trouble before it left; at once, and it counts for nothing",
  retry: "by the schedule: after 1, 5, 15, 60 and 360 minutes",
  slow_pair: "this conversation waits, longer each time; others go on",
  slow_number: "the whole number waits, for seconds to minutes; it counts for nothing",
  slow_app: "all numbers of the tenant at this provider wait, for minutes to an hour; it counts for nothing",
  later: "much later: the time stands beside the code",
  pause_number: "the number stops and a person is asked; its messages wait, none is lost",
  stop_channel: "the number stops until its credentials or permissions are mended; its messages wait, none is lost",
  window_closed: "another way: outside of the 24 hours only a template may be sent",
  reupload: "another way: once more, with the file uploaded anew",
  never: "it has failed: the same message would be refused again",
} as const;
/** What to do about a refusal by the provider. */
export type RejectionClass = keyof typeof rejectionClasses;

/** How one try at sending ended. */
export type SendOutcome =
  | { readonly state: "ACCEPTED"; readonly providerMessageId: string; readonly waId?: string; readonly response?: Json }
  | {
      readonly state: "REJECTED";
      readonly class: RejectionClass;
      readonly code: string;
      readonly message: string;
      readonly retryAfterSeconds?: number;
      readonly response?: Json;
    }
  /** The request left and no readable answer came: the provider may have taken it. */
  | { readonly state: "UNKNOWN"; readonly code: string; readonly message: string };

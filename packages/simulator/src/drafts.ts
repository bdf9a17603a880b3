// The bodies that the test API takes for a customer's message, and the drafts that they become.
import { z } from "zod";
import { mediaFaultsSchema } from "./chaos.ts";
import { mediaDraft, mediaKinds } from "./media-drafts.ts";
import type { Draft } from "./phone.ts";
import type { Customer, PhoneMessage } from "./types.ts";
import type { World } from "./world.ts";

const id = z.string().min(1).max(512);
const common = {
  /** Phone-number-id of the business; by default the first number. */
  to: z.string().optional(),
  /** Name of the customer; a new one is created when nobody has that phone yet. */
  customer_name: z.string().min(1).max(100).optional(),
};
const quoting = { ...common, /** The message that this one answers. */ reply_to: id.optional() };
const reply = { ...common, id, title: z.string().min(1).max(24).optional(), message_id: id.optional() };
const contact = z.looseObject({
  name: z.looseObject({ formatted_name: z.string().min(1).max(200) }),
  phones: z.array(z.looseObject({ phone: z.string().optional(), wa_id: z.string().optional() })).optional(),
});

const typed = z.discriminatedUnion("type", [
  z.strictObject({ ...quoting, type: z.literal("text"), text: z.string().min(1).max(4096) }),
  z.strictObject({ ...reply, type: z.literal("button") }),
  z.strictObject({ ...reply, type: z.literal("list"), description: z.string().max(72).optional() }),
  z.strictObject({
    ...common,
    type: z.literal("quick_reply"),
    text: z.string().min(1).max(25),
    payload: z.string().max(256).optional(),
    message_id: id.optional(),
  }),
  z.strictObject({ ...common, type: z.literal("reaction"), emoji: z.string().max(64), message_id: id.optional() }),
  z.strictObject({
    ...quoting,
    type: z.enum(mediaKinds),
    caption: z.string().min(1).max(1024).optional(),
    filename: z.string().min(1).max(240).optional(),
    /** The file; without it a built-in one of that kind. */
    data_url: z
      .string()
      .max(24_000_000)
      .regex(/^data:[a-z]+\/[a-z0-9.+-]+(; ?[a-z]+=[a-z0-9.,-]+)*;base64,/i, "must be a base64 data URL with its type")
      .optional(),
    /** What is wrong with this file on its way to the business, besides what chaos does to all. */
    faults: mediaFaultsSchema.partial().optional(),
  }),
  z.strictObject({
    ...quoting,
    type: z.literal("location"),
    latitude: z.number().min(-90).max(90).default(41.3874),
    longitude: z.number().min(-180).max(180).default(2.1686),
    name: z.string().max(100).optional(),
    address: z.string().max(200).optional(),
  }),
  z.strictObject({
    ...quoting,
    type: z.literal("contacts"),
    /** Without it the customer's own card. */
    contacts: z.array(contact).min(1).max(20).optional(),
    /** `contact_request`: the answer to a request for the number. */
    origin: z.enum(["contact_request", "other"]).default("other"),
    message_id: id.optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal("flow"),
    /** What the customer filled in; the flow token of the message is added when it is not among it. */
    response: z.record(z.string(), z.unknown()).default({}),
    body: z.string().max(100).default("Sent"),
    message_id: id.optional(),
  }),
]);
const raw = z.strictObject({ ...common, raw: z.looseObject({ type: z.string().min(1) }) });

type Typed = z.output<typeof typed>;
type Of<T extends Typed["type"]> = Extract<Typed, { readonly type: T }>;

/** A customer's message as the test API takes it. */
export type MessageInput = Typed | z.output<typeof raw>;

/** Reads one message or an array of up to 1000. */
export function parseInputs(json: unknown): MessageInput[] {
  const items = Array.isArray(json) ? json : [json];
  return z.array(z.unknown()).min(1).max(1000).parse(items).map(parseInput);
}

function parseInput(json: unknown): MessageInput {
  return typeof json === "object" && json !== null && "raw" in json ? raw.parse(json) : typed.parse(json);
}

/** The draft of a message; what a reply leaves out is looked up on the phone. */
export function draftOf(world: World, customer: Customer, input: MessageInput): Draft {
  if ("raw" in input) {
    const { type, ...content } = input.raw;
    const { id: _id, timestamp: _timestamp, context, ...own } = content;
    return { type, content: own, raw: content, contextId: contextOf(context) };
  }
  switch (input.type) {
    case "text":
      return { type: "text", content: { text: { body: input.text } }, contextId: input.reply_to };
    case "button":
    case "list":
      return replyDraft(world, customer, input);
    case "quick_reply":
      return quickReplyDraft(world, customer, input);
    case "reaction": {
      const target = input.message_id ?? lastFromBusiness(world, customer)?.id ?? "";
      const reaction = input.emoji === "" ? { message_id: target } : { message_id: target, emoji: input.emoji };
      return { type: "reaction", content: { reaction }, contextId: target };
    }
    case "location": {
      const { latitude, longitude, name, address } = input;
      const location = { latitude, longitude, ...(name && { name }), ...(address && { address }) };
      return { type: "location", content: { location }, contextId: input.reply_to };
    }
    case "contacts":
      return contactsDraft(customer, input);
    case "flow":
      return flowDraft(world, customer, input);
    default:
      return mediaDraft(world, input);
  }
}

function replyDraft(world: World, customer: Customer, input: Of<"button" | "list">): Draft {
  const offer = findOffer(world.state.thread(customer.key), input.id, input.message_id);
  const title = input.title ?? offer?.title ?? input.id;
  const description = input.type === "list" ? (input.description ?? offer?.description) : undefined;
  const answer = { id: input.id, title, ...(description === undefined ? {} : { description }) };
  const kind = input.type === "list" ? "list_reply" : "button_reply";
  return {
    type: "interactive",
    content: { interactive: { type: kind, [kind]: answer } },
    contextId: input.message_id ?? offer?.messageId,
  };
}

/** A template's button; its payload is the one that the business put there. */
function quickReplyDraft(world: World, customer: Customer, input: Of<"quick_reply">): Draft {
  const offered = world.state
    .thread(customer.key)
    .findLast(
      (message) =>
        message.rendered?.buttons.some((button) => button.text === input.text) === true &&
        (input.message_id === undefined || message.id === input.message_id),
    );
  const payload = input.payload ?? offered?.rendered?.buttons.find((button) => button.text === input.text)?.payload;
  const button = { payload: payload ?? input.text, text: input.text };
  return { type: "button", content: { button }, contextId: input.message_id ?? offered?.id };
}

function contactsDraft(customer: Customer, input: Of<"contacts">): Draft {
  const own = {
    name: { formatted_name: customer.name, first_name: customer.name.split(" ")[0] },
    phones: customer.phone === undefined ? [] : [{ phone: `+${customer.phone}`, type: "CELL", wa_id: customer.phone }],
  };
  const contacts = (input.contacts ?? [own]).map((item) => ({ ...item, origin: input.origin }));
  return { type: "contacts", content: { contacts }, contextId: input.message_id ?? input.reply_to };
}

/** The answer to a flow: Meta hands what was filled in over as a JSON text. */
function flowDraft(world: World, customer: Customer, input: Of<"flow">): Draft {
  const asked =
    input.message_id === undefined ? lastFromBusiness(world, customer) : world.state.message(input.message_id);
  const token = flows.safeParse(asked?.content.interactive).data?.action.parameters.flow_token ?? "unused";
  const reply = {
    name: "flow",
    body: input.body,
    response_json: JSON.stringify({ flow_token: token, ...input.response }),
  };
  const interactive = { type: "nfm_reply", nfm_reply: reply };
  return { type: "interactive", content: { interactive }, contextId: asked?.id };
}

const flows = z.object({ action: z.object({ parameters: z.object({ flow_token: z.string().optional() }) }) });
type Offer = { readonly messageId: string; readonly title: string; readonly description?: string };
const option = z.object({ id: z.string(), title: z.string(), description: z.string().optional() });
const offers = z.object({
  action: z.object({
    buttons: z.array(z.object({ reply: option })).optional(),
    sections: z.array(z.object({ rows: z.array(option) })).optional(),
  }),
});

/** The button or row of that id in the latest message that has it. */
function findOffer(thread: readonly PhoneMessage[], optionId: string, messageId?: string): Offer | undefined {
  for (const message of thread.toReversed().slice(0, 50)) {
    if (message.direction === "in" || (messageId !== undefined && message.id !== messageId)) continue;
    const parsed = offers.safeParse(message.content.interactive);
    const { buttons = [], sections = [] } = parsed.data?.action ?? {};
    const all = [...buttons.map((button) => button.reply), ...sections.flatMap((section) => section.rows)];
    const found = all.find((item) => item.id === optionId);
    if (found === undefined) continue;
    const { title, description } = found;
    return { messageId: message.id, title, ...(description === undefined ? {} : { description }) };
  }
  return undefined;
}

function lastFromBusiness(world: World, customer: Customer): PhoneMessage | undefined {
  return world.state.thread(customer.key).findLast((message) => message.direction === "out");
}

function contextOf(context: unknown): string | undefined {
  if (typeof context !== "object" || context === null || !("id" in context)) return undefined;
  return typeof context.id === "string" ? context.id : undefined;
}

// The bodies that the test API takes for a customer's message, and the drafts that they become.
import { z } from "zod";
import type { Draft } from "./phone.ts";
import { samplePicture } from "./picture.ts";
import type { Content, Customer, PhoneMessage } from "./types.ts";
import type { World } from "./world.ts";

const id = z.string().min(1).max(512);
const common = {
  /** Phone-number-id of the business; by default the first number. */
  to: z.string().optional(),
  /** Name of the customer; a new one is created when nobody has that phone yet. */
  customer_name: z.string().min(1).max(100).optional(),
};
const reply = { ...common, id, title: z.string().min(1).max(24).optional(), message_id: id.optional() };

const typed = z.discriminatedUnion("type", [
  z.strictObject({ ...common, type: z.literal("text"), text: z.string().min(1).max(4096), reply_to: id.optional() }),
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
    ...common,
    type: z.literal("image"),
    caption: z.string().min(1).max(1024).optional(),
    data_url: z
      .string()
      .max(8_000_000)
      .regex(/^data:image\/(png|jpeg|webp);base64,/, "must be a data URL of a png, jpeg or webp picture")
      .optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal("location"),
    latitude: z.number().min(-90).max(90).default(41.3874),
    longitude: z.number().min(-180).max(180).default(2.1686),
    name: z.string().max(100).optional(),
    address: z.string().max(200).optional(),
  }),
]);
const raw = z.strictObject({ ...common, raw: z.looseObject({ type: z.string().min(1) }) });

type Typed = z.output<typeof typed>;

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
    case "quick_reply": {
      const button = { payload: input.payload ?? input.text, text: input.text };
      return { type: "button", content: { button }, contextId: input.message_id };
    }
    case "reaction": {
      const target = input.message_id ?? lastFromBusiness(world, customer)?.id ?? "";
      const reaction = input.emoji === "" ? { message_id: target } : { message_id: target, emoji: input.emoji };
      return { type: "reaction", content: { reaction }, contextId: target };
    }
    case "image":
      return { type: "image", content: { image: picture(world, input) } };
    case "location": {
      const { latitude, longitude, name, address } = input;
      const location = { latitude, longitude, ...(name && { name }), ...(address && { address }) };
      return { type: "location", content: { location } };
    }
  }
}

function replyDraft(
  world: World,
  customer: Customer,
  input: Extract<Typed, { readonly type: "button" | "list" }>,
): Draft {
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

function picture(world: World, input: Extract<Typed, { readonly type: "image" }>): Content {
  const [head = "", data = ""] = input.data_url?.split(",", 2) ?? [];
  const mimeType = /^data:([^;]+)/.exec(head)?.[1] ?? "image/png";
  const bytes = data === "" ? samplePicture() : new Uint8Array(Buffer.from(data, "base64"));
  const file = world.media.add(bytes, mimeType);
  return {
    ...(input.caption === undefined ? {} : { caption: input.caption }),
    mime_type: mimeType,
    sha256: file.sha256.toString("base64"),
    id: file.id,
    url: world.media.url(world.origin, file.id),
  };
}

function lastFromBusiness(world: World, customer: Customer): PhoneMessage | undefined {
  return world.state.thread(customer.key).findLast((message) => message.direction === "out");
}

function contextOf(context: unknown): string | undefined {
  if (typeof context !== "object" || context === null || !("id" in context)) return undefined;
  return typeof context.id === "string" ? context.id : undefined;
}

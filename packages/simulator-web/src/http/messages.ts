// Test API: what people write, read and confirm on their phones.
import { Hono } from "hono";
import { z } from "zod";
import { RequestError } from "../errors.ts";
import type { Group } from "../groups/group.ts";
import { contentOf, type Draft, fileOf } from "../messages/contents.ts";
import { sendReceipt } from "../messages/receipts.ts";
import { writeToGroup, writeToPerson } from "../messages/write.ts";
import type { Phone } from "../phones/phone.ts";
import type { World } from "../world.ts";
import { bodyOf, chatBy, phoneBy, phoneIn } from "./request.ts";
import { messageView } from "./views.ts";

const file = z.strictObject({
  /** The file itself, in base64. */
  data: z.base64().transform((text) => Buffer.from(text, "base64")),
  mimetype: z.string().optional(),
  caption: z.string().optional(),
  file_name: z.string().optional(),
});
const newMessage = z
  .strictObject({
    to: z.string().min(1),
    mode: z.enum(["lid", "pn"]).optional(),
    id: z.string().min(1).max(64).optional(),
    reply_to: z.string().optional(),
    text: z.string().max(65_536).optional(),
    image: file.optional(),
    video: file.optional(),
    audio: file.optional(),
    document: file.optional(),
    location: z.strictObject({ latitude: z.number(), longitude: z.number(), name: z.string().optional() }).optional(),
    reaction: z.strictObject({ message_id: z.string(), emoji: z.string() }).optional(),
    edit: z.strictObject({ message_id: z.string(), text: z.string() }).optional(),
    delete: z.string().optional(),
    raw: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((body) => KINDS.filter((kind) => body[kind] !== undefined).length === 1, {
    message: "needs exactly one of text, image, video, audio, document, location, reaction, edit, delete, raw",
  });
const KINDS = ["text", "image", "video", "audio", "document", "location", "reaction", "edit", "delete", "raw"] as const;
const newReceipt = z.strictObject({
  ids: z.array(z.string()).min(1),
  status: z.enum(["delivered", "read", "played"]).default("read"),
  mode: z.enum(["lid", "pn"]).default("lid"),
});

/** Routes of messages. */
export function messageRoutes(world: World): Hono {
  const app = new Hono();
  app.post("/phones/:pn/messages", async (c) => {
    const phone = phoneIn(world, c);
    const body = await bodyOf(c);
    const inputs = z.union([z.array(newMessage).max(1000), newMessage]).parse(body);
    const sent: { id: string }[] = [];
    for (const input of [inputs].flat()) sent.push({ id: await write(world, phone, input) });
    return c.json(Array.isArray(inputs) ? sent : sent[0], 201);
  });
  app.get("/phones/:pn/messages", (c) => {
    const { chat, direction } = c.req.query();
    const messages = phoneIn(world, c)
      .messages.map((message, place) => messageView(message, place + 1))
      .filter((message) => chat === undefined || message.chat === chat)
      .filter((message) => direction === undefined || message.direction === direction);
    return c.json(messages);
  });
  app.get("/phones/:pn/messages/:id/media", (c) => {
    const message = phoneIn(world, c).message(c.req.param("id"));
    const found = message === undefined ? undefined : fileOf(world, message);
    if (found === undefined)
      throw new RequestError(404, "The message has no file, or the media server does not hold it.");
    return c.body(new Uint8Array(found.data), 200, { "content-type": found.mimetype });
  });
  app.post("/phones/:pn/receipts", async (c) => {
    const phone = phoneIn(world, c);
    const { ids, status, mode } = newReceipt.parse(await bodyOf(c));
    for (const id of ids) confirm(world, phone, { id, status, mode });
    return c.json({ ids, status });
  });
  return app;
}

async function write(world: World, phone: Phone, input: z.output<typeof newMessage>): Promise<string> {
  const { content, type } = contentOf(world, phone, draftOf(input));
  const writing = { content, type, id: input.id, mode: input.mode };
  const chat: Phone | Group = chatBy(world, input.to);
  if (!("members" in chat)) return writeToPerson(world, phone, chat, writing);
  if (!chat.mayWrite(phone)) throw new RequestError(403, "This phone may not write to the group.");
  return writeToGroup(world, phone, chat, writing);
}

function draftOf(input: z.output<typeof newMessage>): Draft {
  const { reaction, edit, location } = input;
  const field = (["image", "video", "audio", "document"] as const).find((each) => input[each] !== undefined);
  const given = field === undefined ? undefined : input[field];
  return {
    text: input.text,
    raw: input.raw,
    replyTo: input.reply_to,
    deletes: input.delete,
    ...(location === undefined ? {} : { location }),
    ...(reaction === undefined ? {} : { reaction: { messageId: reaction.message_id, emoji: reaction.emoji } }),
    ...(edit === undefined ? {} : { edit: { messageId: edit.message_id, text: edit.text } }),
    ...(field === undefined || given === undefined
      ? {}
      : { media: { field, file: { ...given, fileName: given.file_name } } }),
  };
}

/** A person's phone confirms a message of somebody else. */
function confirm(
  world: World,
  phone: Phone,
  { id, status, mode }: { readonly id: string } & Pick<z.output<typeof newReceipt>, "status" | "mode">,
): void {
  const message = phone.message(id);
  if (message === undefined || message.direction === "out")
    throw new RequestError(404, "Nobody has sent this phone a message with that id.");
  const group = world.groups.get(message.chat);
  const address =
    group === undefined ? { from: phone.jid(mode) } : { from: group.jid, participant: phone.jid(group.mode) };
  sendReceipt(world, phone, { to: phoneBy(world, message.author), ids: [id], status, address });
}

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Linked, openStage, type Stage, textOf, until, write } from "./support/stage.ts";

let stage: Stage;
let bot: Linked;
beforeAll(async () => {
  stage = await openStage();
  bot = await stage.linked();
});
afterAll(async () => {
  expect(stage.world.problems).toEqual([]);
  expect(stage.world.record.duplicates).toEqual([]);
  expect(stage.world.record.overlaps).toEqual([]);
  await stage.close();
});

const sentBy = async (text: string, to = stage.ana.lidJid) =>
  (await bot.client.sock.sendMessage(to, { text }))?.key.id ?? "";

test("a message to the business arrives, addressed by LID", async () => {
  const id = await write(stage, stage.ana, stage.owner, "hello");
  const message = await bot.client.message(id);
  expect(textOf(message.message)).toBe("hello");
  expect(message).toMatchObject({
    upsertType: "notify",
    pushName: "Ana",
    key: { remoteJid: "915551112222@lid", remoteJidAlt: "15551112222@s.whatsapp.net", fromMe: false },
  });
});

test("a message to the business arrives, addressed by phone number", async () => {
  const id = await write(stage, stage.bob, stage.owner, "hi", "pn");
  const message = await bot.client.message(id);
  expect(textOf(message.message)).toBe("hi");
  expect(message.key).toMatchObject({ remoteJid: "15553334444@s.whatsapp.net", remoteJidAlt: "915553334444@lid" });
});

test("the client confirms what it got, and the writer sees the ticks", async () => {
  const id = await write(stage, stage.ana, stage.owner, "ticks");
  await until(() => stage.ana.message(id)?.status === "delivered");
  const { key } = await bot.client.message(id);
  await bot.client.sock.readMessages([key]);
  await until(() => stage.ana.message(id)?.status === "read");
  expect(stage.world.record.receipts.filter(({ ids }) => ids.includes(id)).map(({ type }) => type)).toEqual([
    "inactive",
    "read",
  ]);
  await until(() => bot.device.queue.size === 0);
});

test("a message of the client is decrypted on the customer's phone, and its ticks come back", async () => {
  const id = await sentBy("table for two?");
  await bot.client.status(id, 3);
  expect(stage.ana.message(id)).toMatchObject({ text: "table for two?", direction: "in", author: "15550000001" });
  await stage.api("POST", "/phones/15551112222/receipts", { ids: [id], status: "read" });
  await bot.client.status(id, 4);
});

test("it may be addressed by phone number", async () => {
  const id = await sentBy("by number", stage.bob.pnJid);
  await bot.client.status(id, 3);
  expect(stage.bob.message(id)?.text).toBe("by number");
});

test("the owner's phone shows what the client has sent, and to whom", async () => {
  const id = await sentBy("copy");
  await until(() => stage.owner.message(id) !== undefined);
  expect(stage.owner.message(id)).toMatchObject({ chat: "15551112222", direction: "out", text: "copy" });
});

test("the client gets what the owner writes on the phone", async () => {
  const id = await write(stage, stage.owner, stage.ana, "I take over");
  const message = await bot.client.message(id);
  expect(textOf(message.message)).toBe("I take over");
  expect(message.key).toMatchObject({ fromMe: true, remoteJid: "915551112222@lid" });
  expect(stage.ana.message(id)?.text).toBe("I take over");
});

test.each([463, 479])("a message is refused with %i in the ack", async (code) => {
  await stage.api("POST", "/faults", { ack_errors: [{ code, count: 1 }] });
  const id = await sentBy("refused");
  const update = await bot.client.status(id, 0);
  expect(update?.update.messageStubParameters?.[0]).toBe(String(code));
  expect(stage.ana.message(id)).toBeUndefined();
  expect(stage.world.record.accepted.at(-1)).toMatchObject({ id, refused: code });
});

test("a restricted account may answer, but not write to strangers", async () => {
  const stranger = stage.world.addPhone({ pn: "15559990000" });
  await stage.api("PATCH", "/phones/15550000001", { restricted: true });
  await bot.client.status(await sentBy("hello stranger", stranger.lidJid), 0);
  await bot.client.status(await sentBy("hello Ana"), 3);
  const standing = await bot.client.sock.fetchAccountReachoutTimelock();
  expect(standing.isActive).toBe(true);
  await stage.api("PATCH", "/phones/15550000001", { restricted: false });
  expect((await bot.client.sock.fetchAccountReachoutTimelock()).isActive).toBe(false);
});

test("the same id sent again is one message on the phone, and a duplicate in the record", async () => {
  const { sock } = bot.client;
  await sock.sendMessage(stage.ana.lidJid, { text: "twice" }, { messageId: "3EB0TWICE" });
  await sock.sendMessage(stage.ana.lidJid, { text: "twice" }, { messageId: "3EB0TWICE" });
  await until(() => stage.ana.message("3EB0TWICE")?.duplicates === 1);
  expect(stage.ana.messages.filter(({ id }) => id === "3EB0TWICE")).toHaveLength(1);
  expect(stage.world.record.duplicates).toEqual([
    { phone: "15550000001", id: "3EB0TWICE", to: "915551112222@lid", times: 2 },
  ]);
  stage.world.record.clear();
});

test("quotes, reactions, edits and deletions go both ways", async () => {
  const id = await sentBy("the menu");
  await bot.client.status(id, 3);
  const answer = await stage.api("POST", "/phones/15551112222/messages", {
    to: "15550000001",
    text: "nice",
    reply_to: id,
  });
  const { id: answerId } = answer.json as { id: string };
  const got = await bot.client.message(answerId);
  expect(got.message?.extendedTextMessage?.contextInfo?.stanzaId).toBe(id);

  await stage.api("POST", "/phones/15551112222/messages", {
    to: "15550000001",
    reaction: { message_id: id, emoji: "👍" },
  });
  const [reaction] = await bot.client.event("messages.reaction");
  expect(reaction).toMatchObject({ key: { id }, reaction: { text: "👍" } });

  const key = { remoteJid: stage.ana.lidJid, fromMe: true, id };
  await bot.client.sock.sendMessage(stage.ana.lidJid, { text: "the new menu", edit: key });
  await until(() => stage.ana.message(id)?.text === "the new menu");
  await bot.client.sock.sendMessage(stage.ana.lidJid, { react: { text: "🎉", key: got.key } });
  await until(() => stage.ana.message(answerId)?.reactions.get("15550000001") === "🎉");
  await bot.client.sock.sendMessage(stage.ana.lidJid, { delete: key });
  await until(() => stage.ana.message(id)?.deleted === true);
});

test("two clients of two accounts write to each other", async () => {
  const carla = stage.world.addPhone({ pn: "15557770001", name: "Carla" });
  const other = await stage.linked(carla);
  const id = await sentBy("from client to client", carla.lidJid);
  const got = await other.client.message(id);
  expect(textOf(got.message)).toBe("from client to client");
  await bot.client.status(id, 3);
  const answer = await other.client.sock.sendMessage(got.key.remoteJid ?? "", { text: "and back" });
  expect(textOf((await bot.client.message(answer?.key.id ?? "")).message)).toBe("and back");
  other.client.sock.end(undefined);
});

test("nobody who was blocked gets through", async () => {
  await stage.api("POST", "/phones/15550000001/block", { pn: stage.bob.pn });
  const id = await write(stage, stage.bob, stage.owner, "spam");
  const after = await write(stage, stage.ana, stage.owner, "no spam");
  await bot.client.message(after);
  expect(stage.bob.message(id)?.status).toBe("sent");
  expect(
    bot.client
      .all("messages.upsert")
      .flatMap(({ messages }) => messages)
      .some(({ key }) => key.id === id),
  ).toBe(false);
  await stage.api("POST", "/phones/15550000001/block", { pn: stage.bob.pn, blocked: false });
});

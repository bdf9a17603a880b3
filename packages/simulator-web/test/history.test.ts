import { afterEach, beforeEach, expect, test } from "vitest";
import { openStage, type Stage, until, write } from "./support/stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.world.problems).toEqual([]);
  await stage.close();
});

const listening = { shouldSyncHistoryMessage: () => true };

test("a newly linked client gets the chats of its phone, names, and which LID belongs to which number", async () => {
  const old = await write(stage, stage.ana, stage.owner, "from last year");
  const bot = await stage.linked(stage.owner, listening);
  const history = await bot.client.event("messaging-history.set", ({ messages }) => messages.length > 0);
  expect(history.messages.map(({ key, message }) => [key.id, message?.conversation])).toEqual([
    [old, "from last year"],
  ]);
  expect(history.chats.map(({ name }) => name)).toEqual(["Ana"]);
  expect(history.lidPnMappings).toContainEqual({ lid: stage.ana.lidJid, pn: stage.ana.pnJid });
  await bot.client.event("messaging-history.set", ({ contacts }) => contacts.some(({ notify }) => notify === "Bob"));
});

test("only once: a later login brings no history", async () => {
  await write(stage, stage.ana, stage.owner, "old");
  const bot = await stage.linked(stage.owner, listening);
  await bot.client.event("messaging-history.set");
  await until(() => bot.device.queue.size === 0);
  bot.client.sock.end(undefined);
  await until(() => bot.device.connection === undefined);
  const client = await bot.again();
  const id = await write(stage, stage.ana, stage.owner, "new");
  await client.message(id);
  expect(client.all("messaging-history.set")).toEqual([]);
});

test("a test can send any history", async () => {
  stage.owner.settings.sendsHistory = false;
  const bot = await stage.linked(stage.owner, listening);
  await stage.api("POST", "/phones/15550000001/devices/last/history", {
    chats: [
      {
        pn: stage.bob.pn,
        messages: [{ id: "HIST1", text: "long ago", from_me: false, at: "2024-01-02T03:04:05Z" }],
      },
    ],
  });
  const history = await bot.client.event("messaging-history.set");
  expect(history.messages.map(({ key }) => key.id)).toEqual(["HIST1"]);
});

test("devices of one account share settings that the server cannot read", async () => {
  const one = await stage.linked(stage.owner, listening);
  const two = await stage.linked(stage.owner, listening);
  await until(() => one.auth.creds.myAppStateKeyId !== undefined && two.auth.creds.myAppStateKeyId !== undefined);
  await one.client.event("messaging-history.set");
  await two.client.event("messaging-history.set");
  const id = await write(stage, stage.ana, stage.owner, "archive me");
  const { key, messageTimestamp } = await one.client.message(id);
  await two.client.message(id);
  await one.client.sock.chatModify(
    { archive: true, lastMessages: [{ key, messageTimestamp: messageTimestamp ?? 0 }] },
    stage.ana.lidJid,
  );
  await two.client.event("chats.update", (updates) => updates.some(({ archived }) => archived === true));
});

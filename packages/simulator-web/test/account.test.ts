import { afterAll, beforeAll, expect, test } from "vitest";
import { type Linked, openStage, type Stage, until } from "./support/stage.ts";

let stage: Stage;
let bot: Linked;
beforeAll(async () => {
  stage = await openStage();
  bot = await stage.linked();
});
afterAll(async () => {
  expect(stage.world.problems).toEqual([]);
  await stage.close();
});

test("privacy settings are read and changed", async () => {
  const { sock } = bot.client;
  expect(await sock.fetchPrivacySettings(true)).toMatchObject({ readreceipts: "all", last: "all", status: "contacts" });
  await sock.updateReadReceiptsPrivacy("none");
  expect(stage.owner.privacy.get("readreceipts")).toBe("none");
  await sock.updateLastSeenPrivacy("contacts");
  expect((await sock.fetchPrivacySettings(true)).last).toBe("contacts");
});

test("without read receipts the writer never sees blue ticks", async () => {
  await stage.api("PATCH", "/phones/15550000001", { privacy: { readreceipts: "none" } });
  await bot.client.sock.fetchPrivacySettings(true);
  const sent = await stage.api("POST", "/phones/15551112222/messages", { to: "15550000001", text: "seen?" });
  const { id } = sent.json as { id: string };
  const { key } = await bot.client.message(id);
  await bot.client.sock.readMessages([key]);
  await until(() => stage.world.record.receipts.some(({ ids, type }) => ids.includes(id) && type === "read-self"));
  expect(stage.ana.message(id)?.status).toBe("delivered");
  await stage.api("PATCH", "/phones/15550000001", { privacy: { readreceipts: "all" } });
});

test("contacts are blocked and let in again", async () => {
  const { sock } = bot.client;
  await sock.onWhatsApp(stage.bob.pn);
  await sock.signalRepository.lidMapping.storeLIDPNMappings([{ lid: stage.bob.lidJid, pn: stage.bob.pnJid }]);
  await sock.updateBlockStatus(stage.bob.lidJid, "block");
  expect(await sock.fetchBlocklist()).toEqual([stage.bob.lidJid]);
  expect(stage.owner.blocked.has(stage.bob)).toBe(true);
  await sock.updateBlockStatus(stage.bob.lidJid, "unblock");
  expect(await sock.fetchBlocklist()).toEqual([]);
});

test("who is on WhatsApp is told from who is not", async () => {
  expect(await bot.client.sock.onWhatsApp("15551112222", "19999999999")).toEqual([
    { jid: "15551112222@s.whatsapp.net", exists: true },
  ]);
});

test("a person's typing is seen by the client, and the client's by the person", async () => {
  await stage.api("POST", "/phones/15551112222/typing", { to: "15550000001" });
  const update = await bot.client.event("presence.update");
  expect(update.presences[stage.ana.lidJid]?.lastKnownPresence).toBe("composing");

  await bot.client.sock.sendPresenceUpdate("composing", stage.ana.lidJid);
  await until(() => stage.ana.typing.get("15550000001") === "composing");
  await bot.client.sock.sendPresenceUpdate("paused", stage.ana.lidJid);
  await until(() => !stage.ana.typing.has("15550000001"));
});

test("presence is told to who asks", async () => {
  await stage.api("POST", "/phones/15553334444/presence", { online: true });
  await bot.client.sock.presenceSubscribe(stage.bob.lidJid);
  await bot.client.event("presence.update", ({ presences }) =>
    Object.values(presences).some(({ lastKnownPresence }) => lastKnownPresence === "available"),
  );
});

test("a device asks for new keys when few are left", async () => {
  bot.device.preKeys.splice(5);
  await bot.client.sock.query({
    tag: "iq",
    attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "encrypt" },
    content: [{ tag: "key", attrs: {}, content: [{ tag: "user", attrs: { jid: bot.device.pnJid } }] }],
  });
  await until(() => bot.device.preKeys.length > 5);
});

test("a query that nobody knows is refused, not ignored", async () => {
  const query = { tag: "iq", attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "w:nonsense" }, content: [] };
  await expect(bot.client.sock.query(query)).rejects.toThrow("feature-not-implemented");
});

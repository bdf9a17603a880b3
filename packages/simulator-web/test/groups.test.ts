import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Group } from "../src/groups/group.ts";
import { writeToGroup } from "../src/messages/write.ts";
import type { AddressingMode, Phone } from "../src/phones/phone.ts";
import { type Linked, openStage, type Stage, textOf, until } from "./support/stage.ts";

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

const say = (group: Group, from: Phone, text: string) =>
  writeToGroup(stage.world, from, group, { content: { conversation: text } });
const send = async (group: Group, text: string) =>
  (await bot.client.sock.sendMessage(group.jid, { text }))?.key.id ?? "";

describe.each(["lid", "pn"] as const)("a group addressed by %s", (mode: AddressingMode) => {
  let group: Group;
  beforeAll(() => {
    group = new Group(stage.world, { subject: "Team", creator: stage.ana, members: [stage.owner, stage.bob], mode });
  });

  test("a member's messages arrive, with the sender key and without", async () => {
    for (const text of ["hi all", "again"]) {
      const id = await say(group, stage.ana, text);
      const got = await bot.client.message(id);
      expect(textOf(got.message)).toBe(text);
      expect(got.key).toMatchObject({ remoteJid: group.jid, participant: stage.ana.jid(mode) });
    }
  });

  test("the client's messages are decrypted on every member's phone", async () => {
    for (const text of ["with the key", "without it"]) {
      const id = await send(group, text);
      await until(() => stage.ana.message(id) !== undefined && stage.bob.message(id) !== undefined);
      expect([stage.ana.message(id)?.text, stage.bob.message(id)?.text]).toEqual([text, text]);
    }
  });

  test("receipts of members come back one by one", async () => {
    const id = await send(group, "who has it?");
    const [first] = await bot.client.event("message-receipt.update", ([update]) => update?.key.id === id);
    expect(first?.key).toMatchObject({ remoteJid: group.jid, fromMe: true });
    await stage.api("POST", `/phones/${stage.bob.pn}/receipts`, { ids: [id], status: "read" });
    const [read] = await bot.client.event(
      "message-receipt.update",
      ([update]) => update?.key.id === id && update.receipt.readTimestamp !== undefined,
    );
    expect(read?.receipt.userJid).toBe(stage.bob.jid(mode));
  });

  test("its metadata names the members under both addresses", async () => {
    const metadata = await bot.client.sock.groupMetadata(group.jid);
    expect(metadata).toMatchObject({ subject: "Team", addressingMode: mode, size: 3 });
    expect(metadata.participants.map(({ id }) => id).sort()).toEqual(
      [stage.ana, stage.bob, stage.owner].map((phone) => phone.jid(mode)).sort(),
    );
    expect(metadata.participants.find(({ id }) => id === stage.ana.jid(mode))?.admin).toBe("superadmin");
  });

  test("a member who was removed cannot read on", async () => {
    await stage.api("POST", `/groups/${group.jid}/members`, {
      by: stage.ana.pn,
      action: "remove",
      members: [stage.bob.pn],
    });
    await bot.client.event("group-participants.update", ({ id, action }) => id === group.jid && action === "remove");
    const id = await send(group, "among us");
    await until(() => stage.ana.message(id) !== undefined);
    expect(stage.bob.message(id)).toBeUndefined();
    const answer = await say(group, stage.ana, "with a new key");
    expect(textOf((await bot.client.message(answer)).message)).toBe("with a new key");
  });
});

test("a client makes a group, changes it, and leaves", async () => {
  const { sock } = bot.client;
  const made = await sock.groupCreate("New", [stage.ana.pnJid]);
  await bot.client.event("groups.upsert", ([group]) => group?.id === made.id);

  const results = await sock.groupParticipantsUpdate(made.id, [stage.bob.pnJid, "19999999999@s.whatsapp.net"], "add");
  expect(results.map(({ status }) => status)).toEqual(["200", "404"]);
  await bot.client.event("group-participants.update", ({ id, action }) => id === made.id && action === "add");
  await sock.groupParticipantsUpdate(made.id, [stage.bob.lidJid], "promote");

  await sock.groupUpdateSubject(made.id, "Renamed");
  await bot.client.event("groups.update", (all) => all.some(({ subject }) => subject === "Renamed"));
  await sock.groupUpdateDescription(made.id, "What it is about");
  await sock.groupSettingUpdate(made.id, "announcement");
  await sock.groupToggleEphemeral(made.id, 86_400);
  expect(await sock.groupMetadata(made.id)).toMatchObject({
    subject: "Renamed",
    desc: "What it is about",
    announce: true,
    ephemeralDuration: 86_400,
  });
  expect(stage.world.groups.get(made.id)?.isAdmin(stage.bob)).toBe(true);
  expect(Object.keys(await sock.groupFetchAllParticipating())).toContain(made.id);

  await sock.groupLeave(made.id);
  await until(() => stage.world.groups.get(made.id)?.members.has(stage.owner) === false);
  await expect(sock.groupMetadata(made.id)).rejects.toThrow("forbidden");
});

test("invite codes are given, renewed and followed", async () => {
  const { sock } = bot.client;
  const group = new Group(stage.world, { subject: "Open", creator: stage.ana });
  expect((await sock.groupGetInviteInfo(group.inviteCode)).subject).toBe("Open");
  expect(await sock.groupAcceptInvite(group.inviteCode)).toBe(group.jid);
  await until(() => group.members.has(stage.owner));
  const mine = await sock.groupCreate("Mine", []);
  const code = await sock.groupInviteCode(mine.id);
  expect(await sock.groupRevokeInvite(mine.id)).not.toBe(code);
});

test("only admins write where only admins may, and only members at all", async () => {
  const group = new Group(stage.world, { subject: "News", creator: stage.ana, members: [stage.owner] });
  group.flags.add("announcement");
  await bot.client.status(await send(group, "may I?"), 0);
  await expect(bot.client.sock.groupParticipantsUpdate(group.jid, [stage.bob.pnJid], "add")).rejects.toThrow(
    "forbidden",
  );
  const refused = await stage.api("POST", `/phones/${stage.bob.pn}/messages`, { to: group.jid, text: "hi" });
  expect(refused.status).toBe(403);
});

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
  await stage.close();
});

const askedFor = (id: string) =>
  stage.world.record.receipts.filter(({ ids, type }) => ids.includes(id) && type === "retry").length;

test("a client asks again for what it could not decrypt, and gets it", async () => {
  await bot.client.message(await write(stage, stage.ana, stage.owner, "first"));
  await stage.api("POST", "/faults", { damage: [{ at: "device", count: 1 }] });
  const id = await write(stage, stage.ana, stage.owner, "damaged on the way");
  expect(textOf((await bot.client.readable(id))?.message)).toBe("damaged on the way");
  expect(askedFor(id)).toBe(1);
  await until(() => bot.device.queue.size === 0);
});

test("a person's phone that does not answer leaves a placeholder", async () => {
  await stage.api("PATCH", "/phones/15553334444", { answers_retries: false });
  await bot.client.message(await write(stage, stage.bob, stage.owner, "first"));
  await stage.api("POST", "/faults", { damage: [{ at: "device", count: 1 }] });
  const id = await write(stage, stage.bob, stage.owner, "lost");
  const got = await bot.client.message(id);
  expect(got.messageStubParameters?.length).toBeGreaterThan(0);
  expect(askedFor(id)).toBe(1);
});

test("a phone asks again for what it could not decrypt, and the client sends it again", async () => {
  const { sock } = bot.client;
  const first = await sock.sendMessage(stage.ana.lidJid, { text: "first" });
  await bot.client.status(first?.key.id ?? "", 3);
  await stage.api("POST", "/faults", { damage: [{ at: "phone", phone: stage.ana.pn, count: 1 }] });
  const sent = await sock.sendMessage(stage.ana.lidJid, { text: "damaged" });
  const id = sent?.key.id ?? "";
  await until(() => stage.ana.message(id)?.text === "damaged");
  const copies = stage.world.record.accepted.filter((entry) => entry.id === id);
  expect(copies.map(({ retry }) => retry)).toEqual([false, true]);
  expect(stage.world.record.deliveries.some((entry) => entry.id === id && entry.error !== undefined)).toBe(true);
});

test("after a restart the client sends again what getMessage gives it", async () => {
  const { bob, world } = stage;
  const gate = Promise.withResolvers<void>();
  const held = bob.signal.serially(() => gate.promise); // Bob's phone is slow
  await stage.api("POST", "/faults", { damage: [{ at: "phone", phone: bob.pn, count: 1 }] });
  const sent = await bot.client.sock.sendMessage(bob.lidJid, { text: "before the restart" });
  const id = sent?.key.id ?? "";
  await until(() => world.record.accepted.some((entry) => entry.id === id));
  await stage.api("POST", "/phones/15550000001/devices/last/end", { how: "kill" });
  await bot.client.closed();
  gate.resolve();
  await held;
  await until(() => bob.retriesAsked.get(id) === 1);

  const asked: string[] = [];
  await bot.again({
    getMessage: async ({ id: wanted }) => {
      asked.push(wanted ?? "");
      return sent?.message ?? undefined;
    },
  });
  await until(() => bob.message(id)?.text === "before the restart");
  expect(asked).toEqual([id]);
});

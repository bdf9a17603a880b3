// A client whose line is cut again and again, while both sides write: the ground itself must lose nothing.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "./support/client.ts";
import { type Linked, openStage, type Stage, until, write } from "./support/stage.ts";

let stage: Stage;
let bot: Linked;
beforeAll(async () => {
  stage = await openStage();
  bot = await stage.linked();
});
afterAll(() => stage.close());

test("through cuts of the line every message arrives and is readable, and no two sockets live at once", async () => {
  await stage.api("POST", "/faults", { latency_ms: 2 });
  const clients: Client[] = [bot.client];
  const current = () => clients.at(-1) ?? bot.client;
  const incoming: string[] = [];
  const outgoing: string[] = [];
  for (let round = 0; round < 5; round++) {
    for (let count = 0; count < 10; count++) {
      incoming.push(await write(stage, stage.ana, stage.owner, `in ${round}/${count}`));
      if (count % 3 !== 0) continue;
      const sent = await current().sock.sendMessage(stage.ana.lidJid, { text: `out ${round}/${count}` });
      outgoing.push(sent?.key.id ?? "");
    }
    const accepted = () => outgoing.every((id) => stage.world.record.accepted.some((entry) => entry.id === id));
    await until(accepted); // the rest is under way in both directions when the line is cut
    await stage.api("POST", "/phones/15550000001/devices/last/end", { how: "kill" });
    expect(await current().closed()).toBe(428);
    clients.push(await bot.again());
  }
  await until(() => bot.device.queue.size === 0);
  const seen = () =>
    new Set(
      clients.flatMap((client) =>
        client.all("messages.upsert").flatMap(({ messages }) => messages.map(({ key, message }) => message && key.id)),
      ),
    );
  await until(() => incoming.every((id) => seen().has(id)));
  await until(() => outgoing.every((id) => stage.ana.message(id) !== undefined));
  const { record, problems } = stage.world;
  expect(record.deliveries.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(record.overlaps).toEqual([]);
  expect(record.duplicates).toEqual([]);
  expect(problems).toEqual([]);
});

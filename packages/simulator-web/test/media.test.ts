import { downloadMediaMessage } from "@whiskeysockets/baileys";
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

test.each([
  ["image", "imageMessage"],
  ["audio", "audioMessage"],
  ["video", "videoMessage"],
  ["document", "documentMessage"],
] as const)("a customer's %s is downloaded and decrypted", async (kind, field) => {
  const data = Buffer.from(`bytes of the ${kind}`);
  const sent = await stage.api("POST", "/phones/15551112222/messages", {
    to: "15550000001",
    [kind]: { data: data.toString("base64"), caption: "look", file_name: "a.bin" },
  });
  const got = await bot.client.message((sent.json as { id: string }).id);
  expect(got.message?.[field]?.directPath).toMatch(/^\/v\//);
  expect(await downloadMediaMessage(got, "buffer", {})).toEqual(data);
});

test("a client's document is uploaded, and opened on the customer's phone", async () => {
  const document = Buffer.from("%PDF-1.7 the menu");
  const sent = await bot.client.sock.sendMessage(stage.ana.lidJid, {
    document,
    mimetype: "application/pdf",
    fileName: "menu.pdf",
  });
  const id = sent?.key.id ?? "";
  await until(() => stage.ana.message(id) !== undefined);
  expect(stage.world.media.uploads).toHaveLength(1);
  const file = await fetch(`${stage.simulator.url}/phones/15551112222/messages/${id}/media`);
  expect(file.headers.get("content-type")).toBe("application/pdf");
  expect(Buffer.from(await file.arrayBuffer())).toEqual(document);
});

test("media that the server does not hold is not found", async () => {
  expect((await fetch(`${stage.simulator.url}/v/nothing`)).status).toBe(404);
  expect((await stage.api("GET", "/phones/15551112222/messages/nothing/media")).status).toBe(404);
});

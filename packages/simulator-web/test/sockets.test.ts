import { afterEach, beforeEach, expect, test } from "vitest";
import { newAuth } from "./support/client.ts";
import { type Linked, openStage, type Stage, textOf, until, write } from "./support/stage.ts";

let stage: Stage;
let bot: Linked;
beforeEach(async () => {
  stage = await openStage();
  bot = await stage.linked();
});
afterEach(async () => {
  expect(stage.world.problems).toEqual([]);
  await stage.close();
});

const END = "/phones/15550000001/devices/last/end";
const faults = (body: unknown) => stage.api("POST", "/faults", body);

test("what comes while a client is away is delivered at its next login, in order", async () => {
  await stage.api("POST", END, { how: "kill" });
  expect(await bot.client.closed()).toBe(428);
  const ids: string[] = [];
  for (const text of ["one", "two", "three"]) ids.push(await write(stage, stage.ana, stage.owner, text));
  expect(bot.device.queue.size).toBe(3);

  const client = await bot.again();
  for (const id of ids) expect((await client.message(id)).upsertType).toBe("append");
  const texts = client.all("messages.upsert").flatMap(({ messages }) => messages.map((each) => textOf(each.message)));
  expect(texts).toEqual(["one", "two", "three"]);
  await until(() => bot.device.queue.size === 0);
});

test("ticks that come while a client is away are not lost", async () => {
  stage.ana.settings.autoDeliver = false;
  const sent = await bot.client.sock.sendMessage(stage.ana.lidJid, { text: "read me" });
  const id = sent?.key.id ?? "";
  await until(() => stage.ana.message(id) !== undefined);
  await stage.api("POST", END, { how: "kill" });
  await bot.client.closed();
  await stage.api("POST", "/phones/15551112222/receipts", { ids: [id], status: "read" });
  await (await bot.again()).status(id, 4);
});

test("what a client has not confirmed is delivered again", async () => {
  bot.client.sock.end(undefined);
  await until(() => bot.device.connection === undefined);
  await faults({ latency_ms: 0, hold_success: true });
  const id = await write(stage, stage.ana, stage.owner, "survives");
  const auth = bot.auth;
  const silent = stage.client(auth);
  await until(() => bot.device.connection !== undefined);
  silent.sock.end(undefined); // it dies before it has got anything
  await until(() => bot.device.connection === undefined);
  await faults({ hold_success: false });
  expect(textOf((await (await bot.again()).message(id)).message)).toBe("survives");
});

test.each([515, 503])("the server ends a socket with %i, and lets the client in again", async (code) => {
  await stage.api("POST", END, { how: code });
  expect(await bot.client.closed()).toBe(code);
  await bot.again();
  expect(stage.world.record.overlaps).toEqual([]);
});

test("a second login replaces the first, which gets 440; the record shows both at once", async () => {
  await bot.again();
  expect(await bot.client.closed()).toBe(440);
  expect(stage.world.record.overlaps).toMatchObject([{ phone: "15550000001", device: 1, halfOpen: false }]);
  const { json } = await stage.api("GET", "/record?phone=15550000001");
  const { overlaps, sockets } = json as { overlaps: unknown[]; sockets: { end?: string; socket: number }[] };
  expect(overlaps).toHaveLength(1);
  expect(sockets.map(({ end }) => end)).toEqual(["440", undefined]);
});

test.each([403, 405])("a login is refused with %i, then possible again", async (code) => {
  await stage.api("POST", END, { how: "kill" });
  await bot.client.closed();
  await faults({ refuse_logins: [{ code, phone: "15550000001", count: 1 }] });
  expect(await stage.client(bot.auth).closed()).toBe(code);
  await bot.again();
});

test("whoever has not the device's keys is refused with 401", async () => {
  const stranger = newAuth();
  Object.assign(stranger.creds, { me: bot.auth.creds.me });
  expect(await stage.client(stranger).closed()).toBe(401);
  expect(bot.device.connection?.ready).toBe(true);
});

test("a half-open socket swallows everything; the next login does not count as a second one at once", async () => {
  await stage.api("POST", END, { how: "half_open" });
  const id = await write(stage, stage.ana, stage.owner, "into the void");
  const ping = bot.client.sock.query(
    { tag: "iq", attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "w:p" }, content: [{ tag: "ping", attrs: {} }] },
    50,
  );
  await expect(ping).rejects.toThrow("Timed Out");
  const client = await bot.again();
  expect(textOf((await client.message(id)).message)).toBe("into the void");
  expect(stage.world.record.overlaps).toMatchObject([{ halfOpen: true }]);
});

test("a query is swallowed or refused", async () => {
  await faults({ queries: [{ xmlns: "w:g2", child: "participating", count: 1, error: 500 }] });
  await expect(bot.client.sock.groupFetchAllParticipating()).rejects.toThrow("internal-server-error");
  expect(await bot.client.sock.groupFetchAllParticipating()).toEqual({});
  await faults({ queries: [{ xmlns: "blocklist" }] });
  const query = { tag: "iq", attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "blocklist" } };
  await expect(bot.client.sock.query(query, 50)).rejects.toThrow("Timed Out");
});

test("without an ack the client still believes that it has sent", async () => {
  await faults({ swallow_acks: true });
  const acks: string[] = [];
  bot.client.sock.ws.on("CB:ack,class:message", ({ attrs }: { attrs: { id: string } }) => acks.push(attrs.id));
  const sent = await bot.client.sock.sendMessage(stage.ana.lidJid, { text: "no ack" });
  await bot.client.status(sent?.key.id ?? "", 3);
  expect(acks).toEqual([]);
});

test("a login that is held is answered later", async () => {
  bot.client.sock.end(undefined);
  await until(() => bot.device.connection === undefined);
  await faults({ hold_success: true });
  const client = stage.client(bot.auth);
  await until(() => bot.device.connection !== undefined);
  expect(bot.device.connection?.ready).toBe(false);
  await faults({ hold_success: false });
  await client.opened();
});

test("a client hands nothing out until the server says that this was all that had waited", async () => {
  await stage.api("POST", END, { how: "kill" });
  await bot.client.closed();
  const id = await write(stage, stage.ana, stage.owner, "while away");
  await faults({ hold_offline: true });
  const client = await bot.again();
  await until(() => bot.device.queue.size === 0); // confirmed, and yet nobody has seen it
  expect(client.all("messages.upsert")).toEqual([]);
  await faults({ hold_offline: false });
  await client.message(id);
});

test("a slow network keeps the order", async () => {
  await faults({ latency_ms: 30 });
  const ids: string[] = [];
  for (const text of ["1", "2", "3", "4"]) ids.push(await write(stage, stage.ana, stage.owner, text));
  await bot.client.message(ids[3] ?? "");
  const seen = bot.client.all("messages.upsert").flatMap(({ messages }) => messages.map(({ key }) => key.id));
  expect(seen.filter((id) => ids.includes(id ?? ""))).toEqual(ids);
});

test("what is no WhatsApp client is cut off", async () => {
  const socket = new WebSocket(stage.simulator.socketUrl);
  const closed = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()));
  await new Promise<void>((resolve) => socket.addEventListener("open", () => resolve()));
  socket.send("hello, is this WhatsApp?");
  await closed;
  expect(stage.world.problems.splice(0)).toHaveLength(1);
});

test("sockets and requests work over TLS on the same port", async () => {
  const secure = stage.simulator.url.replace("http://127.0.0.1", "https://localhost");
  expect(await (await fetch(`${secure}/health`)).json()).toEqual({ status: "ok", program: "simulator-web" });
  const client = stage.client(newAuth(), { waWebSocketUrl: `${secure.replace("https", "wss")}/ws/chat` });
  expect(await client.qr()).toContain("#");
});

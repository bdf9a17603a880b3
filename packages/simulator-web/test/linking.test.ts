import { afterEach, beforeEach, expect, test } from "vitest";
import { enterCode } from "../src/linking/code.ts";
import { scanQr } from "../src/linking/qr.ts";
import { newAuth } from "./support/client.ts";
import { openStage, type Stage, textOf, until, write } from "./support/stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.world.problems).toEqual([]);
  await stage.close();
});

test("a client is linked by its QR code, must restart, and logs in", async () => {
  const auth = newAuth();
  const first = stage.client(auth);
  const qr = await first.qr();
  expect(qr).toMatch(/^https:\/\/wa\.me\/settings\/linked_devices#/);

  const device = await scanQr(stage.world, stage.owner, qr);
  await first.event("connection.update", ({ isNewLogin }) => isNewLogin === true);
  expect(await first.closed()).toBe(515);
  expect(auth.creds.me).toMatchObject({ id: "15550000001:1@s.whatsapp.net", lid: "915550000001:1@lid" });

  await stage.client(auth).opened();
  expect(device.connection?.ready).toBe(true);
  await until(() => device.preKeys.length > 0);
});

test("the QR code of older clients is read as well", async () => {
  const client = stage.client();
  const [, bare = ""] = (await client.qr()).split("#");
  const fourFields = bare.split(",").slice(0, 4).join(",");
  expect((await scanQr(stage.world, stage.owner, fourFields)).id).toBe(1);
});

test("a QR code whose keys are not the client's is refused", async () => {
  const qr = await stage.client().qr();
  const [prefix = "", fields = ""] = qr.split("#");
  const other = Buffer.alloc(32, 7).toString("base64");
  const [ref, noise, identity, secret] = fields.split(",");
  await expect(scanQr(stage.world, stage.owner, `${prefix}#${ref},${other},${identity},${secret}`)).rejects.toThrow(
    "Noise key",
  );
  await expect(scanQr(stage.world, stage.owner, `${prefix}#${ref},${noise},${other},${secret}`)).rejects.toThrow(
    "identity",
  );
  await expect(scanQr(stage.world, stage.owner, "hello")).rejects.toThrow("no QR code");
});

test("a QR code expires", async () => {
  const qr = await stage.client().qr();
  stage.world.advance(61);
  await expect(scanQr(stage.world, stage.owner, qr)).rejects.toThrow("expired");
});

test("a client shows one QR code after the other, then gives up with 408", async () => {
  const client = stage.client(newAuth(), { qrTimeout: 50 });
  expect(await client.closed()).toBe(408);
  const codes = client.all("connection.update").flatMap(({ qr }) => qr ?? []);
  expect(new Set(codes).size).toBe(6);
  await expect(scanQr(stage.world, stage.owner, codes[5] ?? "")).rejects.toThrow("Nobody shows");
});

test("a client is linked by the code that its owner types", async () => {
  const auth = newAuth();
  const first = stage.client(auth);
  await first.qr();
  const code = await first.sock.requestPairingCode("15550000001");
  expect(code).toMatch(/^[0-9A-Z]{8}$/);
  await until(() => stage.world.codeRequests.length === 1);
  const typed = `${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase();
  await enterCode(stage.world, stage.owner, typed);
  expect(await first.closed()).toBe(515);

  const client = await stage.client(auth).opened();
  const id = await write(stage, stage.ana, stage.owner, "after the code");
  expect(textOf((await client.message(id)).message)).toBe("after the code");
});

test("a wrong code links nothing, and the right one still does", async () => {
  const client = stage.client();
  await client.qr();
  const code = await client.sock.requestPairingCode("15550000001", "AAAABBBB");
  await until(() => stage.world.codeRequests.length === 1);
  await expect(enterCode(stage.world, stage.owner, "CCCCDDDD")).rejects.toThrow("wrong");
  expect(stage.owner.devices.size).toBe(0);
  await expect(enterCode(stage.world, stage.ana, code)).rejects.toThrow("No client shows a code");
  expect((await enterCode(stage.world, stage.owner, code)).id).toBe(1);
});

test("a code expires", async () => {
  const client = stage.client();
  await client.qr();
  const code = await client.sock.requestPairingCode("15550000001");
  await until(() => stage.world.codeRequests.length === 1);
  stage.world.advance(181);
  await expect(enterCode(stage.world, stage.owner, code)).rejects.toThrow("expired");
});

test("a fifth device is not linked", async () => {
  for (let count = 0; count < 4; count++) await scanQr(stage.world, stage.owner, await stage.client().qr());
  await expect(scanQr(stage.world, stage.owner, await stage.client().qr())).rejects.toThrow("at most 4");
});

test("a client that logs out is no linked device any more; its next login gets 401", async () => {
  const { client, auth } = await stage.linked();
  await client.sock.logout();
  expect(await client.closed()).toBe(401);
  await until(() => stage.owner.devices.size === 0);
  expect(await stage.client(auth).closed()).toBe(401);
});

test("unlinked on the phone, a client gets 401", async () => {
  const { client } = await stage.linked();
  await stage.api("DELETE", "/phones/15550000001/devices/last");
  expect(await client.closed()).toBe(401);
});

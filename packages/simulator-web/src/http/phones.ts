// Test API: phones, linking, and what else a person does with a phone.
import { Hono } from "hono";
import { z } from "zod";
import { appear, type } from "../account/presence.ts";
import { RequestError } from "../errors.ts";
import { enterCode } from "../linking/code.ts";
import { unlink } from "../linking/pairing.ts";
import { scanQr } from "../linking/qr.ts";
import { sendHistory } from "../messages/history.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import type { World } from "../world.ts";
import { bodyOf, chatBy, phoneBy, phoneIn, phoneNumber } from "./request.ts";
import { deviceView, phoneView } from "./views.ts";

const settings = {
  name: z.string().min(1).max(100).optional(),
  auto_deliver: z.boolean().optional(),
  auto_read: z.boolean().optional(),
  answers_retries: z.boolean().optional(),
  asks_retries: z.boolean().optional(),
  sends_history: z.boolean().optional(),
  restricted: z.boolean().optional(),
};
const newPhone = z.strictObject({
  pn: phoneNumber,
  lid: z
    .string()
    .regex(/^\d{5,20}$/)
    .optional(),
  ...settings,
});
const changedPhone = z.strictObject({ ...settings, privacy: z.record(z.string(), z.string()).optional() });
const ending = z.strictObject({
  how: z.union([z.enum(["kill", "half_open", "unlink"]), z.number().int().min(400).max(599)]),
});
const history = z.strictObject({
  sync_type: z.number().int().min(0).max(6).optional(),
  chats: z.array(
    z.strictObject({
      pn: phoneNumber,
      messages: z.array(
        z.strictObject({ id: z.string(), text: z.string(), from_me: z.boolean(), at: z.iso.datetime() }),
      ),
    }),
  ),
});

/** Routes under /phones that have nothing to do with messages. */
export function phoneRoutes(world: World): Hono {
  const app = new Hono();
  app.get("/phones", (c) => c.json(world.phones.map(phoneView)));
  app.post("/phones", async (c) => {
    const { pn, lid, ...rest } = newPhone.parse(await bodyOf(c));
    return c.json(phoneView(world.addPhone({ pn, lid, ...settingsOf(rest) })), 201);
  });
  app.get("/phones/:pn", (c) => c.json(phoneView(phoneIn(world, c))));
  app.patch("/phones/:pn", async (c) => {
    const phone = phoneIn(world, c);
    const { privacy = {}, ...rest } = changedPhone.parse(await bodyOf(c));
    Object.assign(phone.settings, settingsOf(rest));
    for (const [name, value] of Object.entries(privacy)) phone.privacy.set(name, value);
    return c.json(phoneView(phone));
  });
  linkingRoutes(world, app);
  app.post("/phones/:pn/typing", async (c) => {
    const body = z
      .strictObject({ to: z.string(), state: z.enum(["composing", "recording", "paused"]).default("composing") })
      .parse(await bodyOf(c));
    type(world, phoneIn(world, c), chatBy(world, body.to), body.state);
    return c.json({ state: body.state });
  });
  app.post("/phones/:pn/presence", async (c) => {
    const { online } = z.strictObject({ online: z.boolean() }).parse(await bodyOf(c));
    appear(world, phoneIn(world, c), online);
    return c.json({ online });
  });
  app.post("/phones/:pn/block", async (c) => {
    const phone = phoneIn(world, c);
    const body = z.strictObject({ pn: phoneNumber, blocked: z.boolean().default(true) }).parse(await bodyOf(c));
    const other = phoneBy(world, body.pn);
    if (body.blocked) phone.blocked.add(other);
    else phone.blocked.delete(other);
    return c.json(phoneView(phone));
  });
  return app;
}

function linkingRoutes(world: World, app: Hono): void {
  app.post("/phones/:pn/scan", async (c) => {
    const { qr } = z.strictObject({ qr: z.string().min(1) }).parse(await bodyOf(c));
    return c.json(deviceView(await scanQr(world, phoneIn(world, c), qr)), 201);
  });
  app.post("/phones/:pn/enter-code", async (c) => {
    const { code } = z.strictObject({ code: z.string().min(1) }).parse(await bodyOf(c));
    return c.json(deviceView(await enterCode(world, phoneIn(world, c), code)), 201);
  });
  app.delete("/phones/:pn/devices/:device", (c) => {
    unlink(deviceOf(phoneIn(world, c), c.req.param("device")));
    return c.json({ unlinked: true });
  });
  app.post("/phones/:pn/devices/:device/end", async (c) => {
    const { how } = ending.parse(await bodyOf(c));
    endSocket(deviceOf(phoneIn(world, c), c.req.param("device")), how);
    return c.json({ how });
  });
  app.post("/phones/:pn/devices/:device/history", async (c) => {
    const device = deviceOf(phoneIn(world, c), c.req.param("device"));
    const body = history.parse(await bodyOf(c));
    const conversations = body.chats.map(({ pn, messages }) => {
      const other = phoneBy(world, pn);
      return {
        id: other.lidJid,
        pnJid: other.pnJid,
        lidJid: other.lidJid,
        name: other.settings.name,
        messages: messages.map(({ id, text, from_me: fromMe, at }) => ({
          message: {
            key: { remoteJid: other.lidJid, fromMe, id },
            message: { conversation: text },
            messageTimestamp: Math.floor(Date.parse(at) / 1000),
          },
        })),
      };
    });
    const mappings = body.chats.map(({ pn }) => phoneBy(world, pn)).map(({ pnJid, lidJid }) => ({ pnJid, lidJid }));
    const syncType = body.sync_type ?? 0;
    const id = await sendHistory(world, device, { syncType, conversations, phoneNumberToLidMappings: mappings });
    return c.json({ id }, 201);
  });
}

function settingsOf(body: Record<string, unknown>): Record<string, unknown> {
  const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const given = Object.entries(body).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [camel(name), value]));
}

/** A linked device by its number; "last" is the newest. */
function deviceOf(phone: Phone, id: string): LinkedDevice {
  const device = id === "last" ? [...phone.devices.values()].at(-1) : phone.devices.get(Number(id));
  if (device === undefined) throw new RequestError(404, "The phone has no such linked device.");
  return device;
}

function endSocket(device: LinkedDevice, how: z.output<typeof ending>["how"]): void {
  const { connection } = device;
  if (how === "unlink") unlink(device);
  else if (connection === undefined) throw new RequestError(409, "The device is not connected.");
  else if (how === "kill") connection.kill();
  else if (how === "half_open") connection.goSilent();
  else connection.end(how);
}

// What the server does with a client after the handshake: offer QR codes, refuse it, or let it in and send what waited.
import { offerQrCodes } from "../linking/qr.ts";
import type { LinkedDevice } from "../phones/device.ts";
import { node, SERVER } from "../wire/nodes.ts";
import type { ClientFinish } from "../wire/noise.ts";
import type { World } from "../world.ts";
import type { Connection } from "./connection.ts";

/** Takes the client's last step of the handshake. */
export function login(world: World, connection: Connection, { noiseKey, payload }: ClientFinish): void {
  const digits = String(payload.username ?? "0");
  const phone = world.phone(digits);
  const refusal = world.faults.loginRefusalFor(phone?.pn ?? "");
  const device = phone?.devices.get(payload.device ?? 0);
  if (refusal !== undefined) connection.refuse(refusal);
  else if (digits === "0") offerQrCodes(world, connection, payload);
  else if (device?.noiseKey.equals(noiseKey)) letIn(world, connection, device);
  else connection.refuse(401);
}

/** Lets everybody in whom a fault has held back and holds no longer. */
export function releaseHeld(world: World): void {
  for (const connection of world.connections) {
    const { held, device } = connection;
    if (device === undefined || !connection.live) continue;
    if (held === "success" && !world.faults.holdsSuccess) succeed(world, connection, device);
    else if (held === "offline" && !world.faults.holdsOffline) endOffline(connection, device.queue.size);
  }
}

function letIn(world: World, connection: Connection, device: LinkedDevice): void {
  const older = device.connection;
  const who = { phone: device.phone.pn, device: device.id, at: Date.now() };
  world.record.login(connection.entry, who);
  connection.device = device;
  device.connection = connection;
  older?.end(440);
  if (world.faults.holdsSuccess) connection.held = "success";
  else succeed(world, connection, device);
}

function succeed(world: World, connection: Connection, device: LinkedDevice): void {
  const t = world.seconds();
  connection.send(node("success", { lid: device.lidJid, t, creation: t, props: "1" }));
  connection.ready = true;
  const { waiting } = device.queue;
  const count = (tag: string) => String(waiting.filter((stanza) => stanza.tag === tag).length);
  connection.send(
    node("ib", { from: SERVER }, [
      node("offline_preview", {
        count: String(waiting.length),
        message: count("message"),
        receipt: count("receipt"),
        notification: count("notification"),
      }),
    ]),
  );
  for (const stanza of waiting) connection.send({ ...stanza, attrs: { ...stanza.attrs, offline: "1" } });
  if (world.faults.holdsOffline) connection.held = "offline";
  else endOffline(connection, waiting.length);
}

function endOffline(connection: Connection, count: number): void {
  connection.held = undefined;
  connection.send(node("ib", { from: SERVER }, [node("offline", { count: String(count) })]));
}

// Messages that could not be decrypted: a phone that sends its message again, and a phone that asks a client to.

import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import { bundleNodes, bundleOfRetry } from "../signal/bundle.ts";
import { deliver } from "../sockets/deliver.ts";
import { bigEndian, childOf, type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import type { PhoneReceipt } from "./receipts.ts";
import { contentFor, encryptFor, stanzaFor } from "./stanzas.ts";

/** Nobody asks or answers more often for one message. */
const MOST_RETRIES = 5;

/**
 * A device asks a phone for a message again: a new session (from the keys that it encloses, else from the server), and
 * the same id once more, for this device alone.
 */
export function answerRetry(world: World, phone: Phone, device: LinkedDevice, receipt: Node): void {
  const { id = "" } = receipt.attrs;
  const sent = phone.sent.get(id);
  const count = Number(childOf(receipt, "retry")?.attrs.count ?? 1);
  if (sent === undefined || !phone.settings.answersRetries || count > MOST_RETRIES) return;
  const again = phone.signal.serially(async () => {
    const bundle = bundleOfRetry(receipt);
    if (bundle !== undefined) await phone.signal.startSession(device.pnJid, bundle);
    else if (count > 1) await phone.signal.forgetSession(device.pnJid);
    const enc = await encryptFor(world, phone, { device, message: contentFor(phone, device, sent) });
    const content = [{ ...enc, attrs: { ...enc.attrs, count: String(count) } }];
    deliver(world, device, stanzaFor(world, phone, { device, id, sent, content }));
  });
  world.watch(again);
}

/** A phone asks a client for a message again; from the second time on it encloses new keys. */
export function askAgain(world: World, phone: Phone, { from, stanza, address }: Undecryptable): void {
  const { id = "", t = "" } = stanza.attrs;
  const count = (phone.retriesAsked.get(id) ?? 0) + 1;
  if (!phone.settings.asksRetries || count > MOST_RETRIES) return;
  phone.retriesAsked.set(id, count);
  world.record.askRetry(from.phone.pn, id);
  const bundle = phone.signal.bundle();
  const content = [
    node("retry", { count: String(count), id, t, v: "1", error: "0" }),
    node("registration", {}, bigEndian(bundle.registrationId, 4)),
    ...(count > 1 ? [node("keys", {}, bundleNodes(bundle))] : []),
  ];
  deliver(world, from, node("receipt", { ...address, id, type: "retry", t: world.seconds() }, content));
}

/** A message of a linked device that a phone could not decrypt. */
export type Undecryptable = {
  readonly from: LinkedDevice;
  readonly stanza: Node;
  /** How the phone is addressed in this chat. */
  readonly address: PhoneReceipt["address"];
};

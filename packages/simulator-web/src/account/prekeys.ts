// Keys of devices: what clients upload, and what they are given to start sessions with others.
import type { LinkedDevice } from "../phones/device.ts";
import { bundleNodes, isGenuine, type KeyBundle, preKeyOf, signedPreKeyOf } from "../signal/bundle.ts";
import { deliver } from "../sockets/deliver.ts";
import { bigEndian, childOf, childrenOf, deviceOf, type Node, node, SERVER } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import { type Answer, done, type Query } from "./query.ts";

/** With fewer one-time keys than this left, the client is asked for more. */
const FEW = 10;

/** Namespace `encrypt`. */
export function answerEncrypt(query: Query): Answer {
  const { world, device, stanza, child } = query;
  if (stanza.attrs.type === "set") return child.tag === "rotate" ? rotate(query) : upload(query);
  if (child.tag === "count") return { content: [node("count", { value: String(device.preKeys.length) })] };
  if (child.tag === "digest") return { content: [node("digest")] };
  if (child.tag === "key")
    return {
      content: [
        node(
          "list",
          {},
          childrenOf(child).map((user) => bundleOf(world, user.attrs.jid ?? "")),
        ),
      ],
    };
  return { error: 400, text: "bad-request" };
}

function upload({ device, stanza }: Query): Answer {
  const signed = signedPreKeyOf(childOf(stanza, "skey"));
  if (!isGenuine(device.identity, signed)) return { error: 406, text: "not-acceptable" };
  device.signedPreKey = signed;
  for (const key of childrenOf(childOf(stanza, "list"))) device.preKeys.push(preKeyOf(key));
  return done;
}

function rotate({ device, child }: Query): Answer {
  const signed = signedPreKeyOf(childOf(child, "skey"));
  if (!isGenuine(device.identity, signed)) return { error: 406, text: "not-acceptable" };
  device.signedPreKey = signed;
  return done;
}

/** A device's bundle; the client is asked for new keys when few are left. */
export function takeBundle(world: World, device: LinkedDevice): KeyBundle {
  const bundle = device.takeBundle();
  if (device.preKeys.length < FEW) deliver(world, device, keysAreFew(world, device.preKeys.length));
  return bundle;
}

/** The <user> node with the keys of one device. */
function bundleOf(world: World, jid: string): Node {
  const phone = world.phoneOf(jid);
  const id = deviceOf(jid);
  const device = phone?.devices.get(id);
  if (phone === undefined || (id !== 0 && device === undefined))
    return node("user", { jid }, [node("error", { code: "404", text: "item-not-found" })]);
  const bundle = device === undefined ? phone.signal.bundle() : takeBundle(world, device);
  return node("user", { jid }, [node("registration", {}, bigEndian(bundle.registrationId, 4)), ...bundleNodes(bundle)]);
}

function keysAreFew(world: World, count: number): Node {
  const attrs = { from: SERVER, type: "encrypt", id: `keys-${world.seconds()}`, t: world.seconds() };
  return node("notification", attrs, [node("count", { value: String(count) })]);
}

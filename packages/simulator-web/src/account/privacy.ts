// Privacy settings and the block list (namespaces `privacy` and `blocklist`).
import { deliver } from "../sockets/deliver.ts";
import { childOf, childrenOf, node } from "../wire/nodes.ts";
import { type Answer, done, notFound, type Query } from "./query.ts";

/** Reads or changes privacy settings; tokens for trusted contacts are taken and not given on. */
export function answerPrivacy({ device, stanza }: Query): Answer {
  const { privacy } = device.phone;
  if (stanza.attrs.type === "get") {
    const categories = [...privacy].map(([name, value]) => node("category", { name, value }));
    return { content: [node("privacy", {}, categories)] };
  }
  for (const { attrs } of childrenOf(childOf(stanza, "privacy")))
    if (attrs.name !== undefined && attrs.value !== undefined) privacy.set(attrs.name, attrs.value);
  return done;
}

/** Reads or changes the block list; the other linked devices of the account are told. */
export function answerBlocklist({ world, device, stanza, child }: Query): Answer {
  const { phone } = device;
  const list = () => [
    node(
      "list",
      {},
      [...phone.blocked].map((each) => node("item", { jid: each.lidJid, pn_jid: each.pnJid })),
    ),
  ];
  if (stanza.attrs.type === "get") return { content: list() };
  const other = world.phoneOf(child.attrs.jid);
  if (other === undefined) return notFound;
  if (child.attrs.action === "block") phone.blocked.add(other);
  else phone.blocked.delete(other);
  const attrs = {
    from: phone.pnJid,
    type: "account_sync",
    id: `block-${stanza.attrs.id}`,
    t: world.seconds(),
  };
  const item = node("item", { jid: other.lidJid, action: child.attrs.action ?? "unblock" });
  const after = () => {
    for (const each of phone.devices.values())
      if (each !== device) deliver(world, each, node("notification", attrs, [node("blocklist", {}, [item])]));
  };
  return { content: list(), after };
}

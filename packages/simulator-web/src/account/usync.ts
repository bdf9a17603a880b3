// Who is on WhatsApp, with which devices, and under which LID (namespace `usync`).
import type { Phone } from "../phones/phone.ts";
import { childOf, childrenOf, type Node, node, SERVER } from "../wire/nodes.ts";
import type { Answer, Query } from "./query.ts";

/** Answers a lookup of several people at once. */
export function answerUsync({ world, child }: Query): Answer {
  const { sid, mode, context } = child.attrs;
  const asked = childrenOf(childOf(child, "query")).map(({ tag }) => tag);
  const users = childrenOf(childOf(child, "list")).map((user) => {
    const jid = user.attrs.jid ?? jidOfNumber(childOf(user, "contact"));
    const phone = world.phoneOf(jid);
    if (phone === undefined)
      return node("user", { jid }, asked.includes("contact") ? [node("contact", { type: "out" })] : []);
    return node("user", { jid: user.attrs.jid ?? phone.pnJid }, detailsOf(phone, asked));
  });
  const attrs = { sid, mode, context, index: "0", last: "true" };
  return { content: [node("usync", attrs, [node("list", {}, users)])] };
}

function jidOfNumber(contact: Node | undefined): string | undefined {
  const number = contact?.content?.toString().replace(/\D/g, "");
  return number === undefined ? undefined : number + SERVER;
}

function detailsOf(phone: Phone, asked: readonly string[]): Node[] {
  const details: Readonly<Record<string, () => Node>> = {
    contact: () => node("contact", { type: "in" }),
    devices: () => node("devices", {}, [node("device-list", {}, deviceNodes(phone))]),
    lid: () => node("lid", { val: phone.lidJid }),
    status: () => node("status", { t: "0" }, Buffer.from(phone.about)),
  };
  return asked.flatMap((each) => details[each]?.() ?? []);
}

function deviceNodes(phone: Phone): Node[] {
  const linked = [...phone.devices.keys()].map((id) => node("device", { id: String(id), "key-index": String(id) }));
  return [node("device", { id: "0" }), ...linked];
}

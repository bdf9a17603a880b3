// Changes of groups, whoever makes them: a linked device or a person on a phone. The members are told.

import { messageId } from "../messages/ids.ts";
import type { Phone } from "../phones/phone.ts";
import { deliver } from "../sockets/deliver.ts";
import { type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import type { Group, Role } from "./group.ts";

/** What can happen to a member. */
export type MemberAction = "add" | "remove" | "promote" | "demote";
const ROLES: Readonly<Record<Exclude<MemberAction, "remove">, Role>> = {
  add: "member",
  promote: "admin",
  demote: "member",
};

/** Tells the linked devices of all members, and of those who have just left. */
export function announce(world: World, group: Group, { by, change, also = [] }: Announcement): void {
  const attrs = {
    from: group.jid,
    type: "w:gp2",
    id: messageId(),
    t: world.seconds(),
    ...group.participantAttrs(by.jid(group.mode), by),
    notify: by.settings.name,
  };
  for (const phone of new Set([...group.members.keys(), ...also]))
    for (const device of phone.devices.values()) deliver(world, device, node("notification", attrs, [change]));
}

/** A change to announce. */
export type Announcement = { readonly by: Phone; readonly change: Node; readonly also?: readonly Phone[] };

/** Adds, removes, promotes or demotes members. Members' sender keys change when somebody leaves. */
export function changeMembers(world: World, group: Group, { by, action, phones }: MemberChange): void {
  for (const phone of phones) {
    if (action === "remove") group.members.delete(phone);
    else if (action !== "add" || !group.members.has(phone)) group.members.set(phone, ROLES[action]);
  }
  if (action === "remove") for (const member of group.members.keys()) renewSenderKey(group, member);
  const participants = phones.map((phone) => group.participantNode(phone));
  announce(world, group, { by, change: node(action, {}, participants), also: phones });
}

/** A change of members. */
export type MemberChange = { readonly by: Phone; readonly action: MemberAction; readonly phones: readonly Phone[] };

function renewSenderKey(group: Group, member: Phone): void {
  member.signal.rotateSenderKey(group.jid, group.mode === "lid" ? member.lid : member.pn);
  for (const holder of member.senderKeyHolders)
    if (holder.startsWith(`${group.jid}|`)) member.senderKeyHolders.delete(holder);
}

/** Gives it another name. */
export function changeSubject(world: World, group: Group, by: Phone, subject: string): void {
  group.subject = subject;
  announce(world, group, { by, change: node("subject", { subject, s_t: world.seconds(), s_o: by.jid(group.mode) }) });
}

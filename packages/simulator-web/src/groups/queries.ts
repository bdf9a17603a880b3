// What clients ask of groups and change about them (namespace `w:g2`).
import { type Answer, forbidden, notFound, type Query } from "../account/query.ts";
import { bytesOf, childOf, childrenOf, type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import { announce, changeMembers, changeSubject, type MemberAction } from "./changes.ts";
import { Group, type GroupFlag } from "./group.ts";

type GroupHandler = (query: Query, group: Group) => Answer;

/** Routes a query: about groups in general, or about the one that it is addressed to. */
export function answerGroups(query: Query): Answer {
  const { world, device, stanza, child } = query;
  if (stanza.attrs.to?.replace("@", "") === "g.us") return GENERAL[child.tag]?.(query) ?? unknown;
  const group = world.groups.get(stanza.attrs.to ?? "");
  if (group === undefined) return notFound;
  if (!group.members.has(device.phone)) return forbidden;
  const reads = READS[child.tag];
  if (stanza.attrs.type === "get" && reads !== undefined) return reads(query, group);
  const changes = CHANGES[child.tag];
  if (changes === undefined) return unknown;
  return group.isAdmin(device.phone) || !isForAdmins(group, child.tag) ? changes(query, group) : forbidden;
}

const unknown: Answer = { error: 501, text: "feature-not-implemented" };

/** Anybody may change name and description unless the group is locked, and add members where that is allowed. */
function isForAdmins(group: Group, change: string): boolean {
  if (["subject", "description", "ephemeral", "not_ephemeral"].includes(change)) return group.flags.has("locked");
  return !(change === "add" && group.memberAddMode === "all_member_add");
}

const GENERAL: Readonly<Record<string, (query: Query) => Answer>> = {
  create: ({ world, device, child }) => {
    const members = phonesOf(world, childrenOf(child)).filter((phone) => phone !== device.phone);
    const group = new Group(world, { subject: child.attrs.subject ?? "", creator: device.phone, members });
    const change = node("create", { type: "new" }, [group.node()]);
    return { content: [group.node()], after: () => announce(world, group, { by: device.phone, change }) };
  },
  participating: ({ world, device }) => {
    const mine = [...world.groups.values()].filter((group) => group.members.has(device.phone));
    return {
      content: [
        node(
          "groups",
          {},
          mine.map((group) => group.node()),
        ),
      ],
    };
  },
  leave: ({ world, device, child }) => {
    const groups = childrenOf(child).flatMap(({ attrs }) => world.groups.get(attrs.id ?? "") ?? []);
    const after = () => {
      for (const group of groups)
        changeMembers(world, group, { by: device.phone, action: "remove", phones: [device.phone] });
    };
    return { content: [node("leave", {}, [])], after };
  },
  invite: ({ world, device, stanza, child }) => {
    const group = [...world.groups.values()].find(({ inviteCode }) => inviteCode === child.attrs.code);
    if (group === undefined) return notFound;
    if (stanza.attrs.type === "get") return { content: [group.node()] };
    const after = () => changeMembers(world, group, { by: device.phone, action: "add", phones: [device.phone] });
    return { content: [node("group", { jid: group.jid })], after };
  },
};

const READS: Readonly<Record<string, GroupHandler>> = {
  query: (_, group) => ({ content: [group.node()] }),
  invite: (_, group) => ({ content: [node("invite", { code: group.inviteCode })] }),
  membership_approval_requests: () => ({ content: [node("membership_approval_requests", {}, [])] }),
};

const CHANGES: Readonly<Record<string, GroupHandler>> = {
  add: answerMembers,
  remove: answerMembers,
  promote: answerMembers,
  demote: answerMembers,
  subject: ({ world, device, child }, group) => ({
    content: [],
    after: () => changeSubject(world, group, device.phone, bytesOf(child).toString()),
  }),
  description: (query, group) => {
    const { device, child } = query;
    const body = childOf(child, "body");
    const id = child.attrs.id ?? "";
    group.description = body === undefined ? undefined : { id, text: bytesOf(body).toString(), by: device.phone };
    return announced(query, group, child);
  },
  invite: (_, group) => ({ content: [node("invite", { code: group.renewInvite() })] }),
  announcement: (query, group) => setFlag(query, group, { flag: "announcement", on: true }),
  not_announcement: (query, group) => setFlag(query, group, { flag: "announcement", on: false }),
  locked: (query, group) => setFlag(query, group, { flag: "locked", on: true }),
  unlocked: (query, group) => setFlag(query, group, { flag: "locked", on: false }),
  ephemeral: (query, group) => {
    group.ephemeralSeconds = Number(query.child.attrs.expiration ?? 0);
    return announced(query, group, query.child);
  },
  not_ephemeral: (query, group) => {
    group.ephemeralSeconds = 0;
    return announced(query, group, query.child);
  },
  member_add_mode: (query, group) => {
    group.memberAddMode = bytesOf(query.child).toString();
    return announced(query, group, query.child);
  },
  membership_approval_mode: (query, group) => {
    group.approval = childrenOf(query.child)[0]?.attrs.state === "on";
    return announced(query, group, query.child);
  },
};

function answerMembers({ world, device, child }: Query, group: Group): Answer {
  // SAFETY: CHANGES leads here under these four tags only.
  const action = child.tag as MemberAction;
  const asked = childrenOf(child);
  const phones = phonesOf(world, asked).filter((phone) => action === "add" || group.members.has(phone));
  const results = asked.map(({ attrs }) => {
    const phone = world.phoneOf(attrs.jid);
    if (phone === undefined) return node("participant", { jid: attrs.jid, error: "404" });
    return group.participantNode(phone, phones.includes(phone) ? undefined : 404);
  });
  const after = () => {
    if (phones.length > 0) changeMembers(world, group, { by: device.phone, action, phones });
  };
  return { content: [node(action, {}, results)], after };
}

function setFlag(query: Query, group: Group, { flag, on }: { readonly flag: GroupFlag; readonly on: boolean }): Answer {
  if (on) group.flags.add(flag);
  else group.flags.delete(flag);
  return announced(query, group, query.child);
}

function announced({ world, device }: Query, group: Group, change: Node): Answer {
  return { content: [], after: () => announce(world, group, { by: device.phone, change }) };
}

function phonesOf(world: World, participants: readonly Node[]) {
  return participants.flatMap(({ attrs }) => world.phoneOf(attrs.jid) ?? []);
}

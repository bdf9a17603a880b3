// A group: who is in it, and how it looks to the members.
import { randomBytes } from "node:crypto";
import type { LinkedDevice } from "../phones/device.ts";
import type { AddressingMode, Phone } from "../phones/phone.ts";
import { type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";

/** What a member may do. */
export type Role = "member" | "admin" | "superadmin";
/** Settings of a group that are on or off. */
export type GroupFlag = "announcement" | "locked";

/** One group. */
export class Group {
  readonly jid: string;
  readonly mode: AddressingMode;
  readonly creator: Phone;
  /** Unix time in seconds. */
  readonly created: string;
  readonly members = new Map<Phone, Role>();
  readonly flags = new Set<GroupFlag>();
  subject: string;
  description: { readonly id: string; readonly text: string; readonly by: Phone } | undefined;
  ephemeralSeconds = 0;
  memberAddMode = "admin_add";
  approval = false;
  inviteCode = newInviteCode();

  constructor(world: World, { subject, creator, members = [], mode = "lid" }: NewGroup) {
    this.jid = `120363${randomBytes(6).readUIntBE(0, 6).toString().padStart(15, "0").slice(-12)}@g.us`;
    this.mode = mode;
    this.creator = creator;
    this.created = world.seconds();
    this.subject = subject;
    for (const member of members) this.members.set(member, "member");
    this.members.set(creator, "superadmin");
    world.groups.set(this.jid, this);
  }

  isAdmin(phone: Phone): boolean {
    const role = this.members.get(phone);
    return role === "admin" || role === "superadmin";
  }

  /** Whether this member may write now. */
  mayWrite(phone: Phone): boolean {
    return this.members.has(phone) && (!this.flags.has("announcement") || this.isAdmin(phone));
  }

  /** A device's address in this group. */
  deviceJid(device: LinkedDevice): string {
    return this.mode === "lid" ? device.lidJid : device.pnJid;
  }

  /** How a stanza names a member who did something: both of its addresses. */
  participantAttrs(jid: string, phone: Phone): Record<string, string> {
    const attrs = { participant: jid, addressing_mode: this.mode };
    return this.mode === "lid"
      ? { ...attrs, participant_pn: phone.pnJid }
      : { ...attrs, participant_lid: phone.lidJid };
  }

  /** A member in a list. */
  participantNode(phone: Phone, error?: number): Node {
    const names = this.mode === "lid" ? { phone_number: phone.pnJid } : { lid: phone.lidJid };
    const role = this.members.get(phone);
    const type = role === "member" ? undefined : role;
    return node("participant", { jid: phone.jid(this.mode), ...names, type, error: error?.toString() });
  }

  /** Everything about it, as clients read it. */
  node(): Node {
    const owner = this.creator.jid(this.mode);
    const attrs = {
      id: this.jid.split("@")[0],
      subject: this.subject,
      s_t: this.created,
      s_o: owner,
      creation: this.created,
      creator: owner,
      creator_pn: this.creator.pnJid,
      addressing_mode: this.mode,
      size: String(this.members.size),
    };
    return node("group", attrs, [...this.#participantNodes(), ...this.#settingNodes()]);
  }

  renewInvite(): string {
    this.inviteCode = newInviteCode();
    return this.inviteCode;
  }

  #participantNodes(): Node[] {
    return [...this.members.keys()].map((phone) => this.participantNode(phone));
  }

  #settingNodes(): Node[] {
    const { description } = this;
    const about =
      description === undefined
        ? []
        : [
            node("description", { id: description.id, t: this.created, participant: description.by.jid(this.mode) }, [
              node("body", {}, Buffer.from(description.text)),
            ]),
          ];
    const ephemeral =
      this.ephemeralSeconds === 0 ? [] : [node("ephemeral", { expiration: String(this.ephemeralSeconds) })];
    const approval = this.approval ? [node("membership_approval_mode", {}, [node("group_join", { state: "on" })])] : [];
    const mode = node("member_add_mode", {}, Buffer.from(this.memberAddMode));
    return [...about, ...[...this.flags].map((flag) => node(flag)), ...ephemeral, ...approval, mode];
  }
}

/** What is needed to make a group. */
export type NewGroup = {
  readonly subject: string;
  readonly creator: Phone;
  readonly members?: readonly Phone[];
  readonly mode?: AddressingMode;
};

function newInviteCode(): string {
  return randomBytes(16).toString("base64url");
}

// App state: settings and marks of chats (archived, muted, push name) that the devices of an account share as encrypted
// patches. The server keeps the patches and gives them on; it cannot read them.
import { proto } from "@whiskeysockets/baileys";
import type { Phone } from "../phones/phone.ts";
import { deliver } from "../sockets/deliver.ts";
import { bytesOf, childOf, childrenOf, type Node, node, SERVER } from "../wire/nodes.ts";
import type { Answer, Query } from "./query.ts";

/** Patches by account and collection; the version of a collection is their number. */
const patchesOf = new WeakMap<Phone, Map<string, Buffer[]>>();

/** Namespace `w:sync:app:state`. */
export function answerAppState({ world, device, child }: Query): Answer {
  const changed: string[] = [];
  const collections = childrenOf(child).map((collection) => {
    const name = collection.attrs.name ?? "";
    const known = Number(collection.attrs.version ?? 0);
    const patches = collectionOf(device.phone, name);
    const patch = childOf(collection, "patch");
    if (patch !== undefined) {
      if (known !== patches.length) return conflict(name, patches, known);
      patches.push(numbered(bytesOf(patch), patches.length + 1));
      changed.push(name);
      return node("collection", { name, version: String(patches.length) });
    }
    return collectionNode(name, patches, known);
  });
  const after = () => {
    const attrs = { from: SERVER, type: "server_sync", id: `sync-${world.seconds()}`, t: world.seconds() };
    for (const other of device.phone.devices.values())
      if (other !== device)
        for (const name of changed) deliver(world, other, node("notification", attrs, [node("collection", { name })]));
  };
  return { content: [node("sync", {}, collections)], after };
}

function collectionOf(phone: Phone, name: string): Buffer[] {
  const collections = patchesOf.get(phone) ?? new Map<string, Buffer[]>();
  patchesOf.set(phone, collections);
  const patches = collections.get(name) ?? [];
  collections.set(name, patches);
  return patches;
}

function collectionNode(name: string, patches: readonly Buffer[], known: number): Node {
  const news = patches.slice(known).map((patch) => node("patch", {}, patch));
  const attrs = { name, version: String(patches.length), has_more_patches: "false" };
  return node("collection", attrs, news.length === 0 ? undefined : [node("patches", {}, news)]);
}

/** Somebody else was faster: the client gets what it has missed, and tries again. */
function conflict(name: string, patches: readonly Buffer[], known: number): Node {
  const answer = collectionNode(name, patches, known);
  const error = node("error", { code: "409", text: "conflict" });
  return { ...answer, attrs: { ...answer.attrs, type: "error" }, content: [error, ...childrenOf(answer)] };
}

function numbered(patch: Buffer, version: number): Buffer {
  const decoded = proto.SyncdPatch.decode(patch);
  decoded.version = proto.SyncdVersion.create({ version });
  return Buffer.from(proto.SyncdPatch.encode(decoded).finish());
}

// What the server keeps for a linked device until the device confirms it: messages, receipts and notifications.
import { childrenOf, type Node } from "../wire/nodes.ts";

/** One device's queue, in the order of arrival. Everything in it is sent again at the next login. */
export class OfflineQueue {
  readonly #waiting = new Map<string, Node>();
  /** Messages that the device has asked for again: its refusal of the first copy must not take away the second. */
  readonly #asked = new Set<string>();

  add(stanza: Node): void {
    this.#waiting.set(keyOf(stanza.tag, stanza.attrs, stanza.attrs.from), stanza);
  }

  /** The device has a message: every receipt says so but the one that asks for it again. */
  settleByReceipt(receipt: Node): void {
    const id = receipt.attrs.id ?? "";
    const items = childrenOf(childrenOf(receipt)[0]).filter((child) => child.tag === "item");
    if (receipt.attrs.type === "retry") this.#asked.add(id);
    for (const each of [id, ...items.map((item) => item.attrs.id ?? "")]) this.#waiting.delete(`message|${each}`);
  }

  /** The device has taken note of a stanza, or refuses a message that it cannot use. */
  settleByAck(ack: Node): void {
    const { class: tag = "", id = "" } = ack.attrs;
    if (tag === "message" && this.#asked.delete(id)) return;
    this.#waiting.delete(keyOf(tag, ack.attrs, ack.attrs.to));
  }

  get waiting(): readonly Node[] {
    return [...this.#waiting.values()];
  }

  get size(): number {
    return this.#waiting.size;
  }
}

/** Messages are known by their id; the rest also by whom it is from and what it is about. */
function keyOf(tag: string, attrs: Node["attrs"], peer: string | undefined): string {
  if (tag === "message") return `message|${attrs.id}`;
  return [tag, attrs.id, peer, attrs.participant ?? "", attrs.type ?? ""].join("|");
}

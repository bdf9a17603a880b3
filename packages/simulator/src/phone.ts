// What happens on a customer's phone: the customer writes, the chat is opened, the business reads and types.
import { newMessageId } from "./ids.ts";
import { sendReadStatuses } from "./statuses.ts";
import type { BusinessNumber, Content, Customer, PhoneMessage } from "./types.ts";
import type { Attempt } from "./webhooks/delivery.ts";
import { messageChange, seconds } from "./webhooks/envelope.ts";
import { tellCustomer, tellMessage, type World, webhookUrl } from "./world.ts";

/** What a customer sends. */
export type Draft = {
  readonly type: string;
  /** The type's own fields as they stand on the wire. */
  readonly content: Content;
  /** The message that is answered. */
  readonly contextId?: string | undefined;
  /** Fields that overrule everything, such as `id` or `timestamp`. */
  readonly raw?: Content | undefined;
};

const TYPING_MS = 25_000;

/** A customer writes to a business number: the message is on the phone at once, and its webhook on the way. */
export function write(
  world: World,
  parties: { customer: Customer; number: BusinessNumber },
  draft: Draft,
): PhoneMessage {
  const { customer, number } = parties;
  const at = world.clock.now();
  const id = typeof draft.raw?.id === "string" ? draft.raw.id : newMessageId(customer.key, "in");
  const message: PhoneMessage = {
    id,
    customer: customer.key,
    phoneNumberId: number.phoneNumberId,
    direction: "in",
    type: draft.type,
    content: draft.content,
    at,
    status: "sent",
    ...(draft.contextId === undefined ? {} : { contextId: draft.contextId }),
  };
  customer.lastWroteAt.set(number.phoneNumberId, at);
  if (world.state.message(id) === undefined) world.state.addMessage(message);
  world.stats.customerMessages += 1;
  world.traces.start(id, customer.key, at);
  tellMessage(world, id);
  world.delivery.enqueue({
    change: messageChange(number, customer, wireMessage(number, message, draft)),
    url: webhookUrl(world, number),
    lane: `${number.phoneNumberId} ${customer.key}`,
    onAttempt: (attempt) => noteAttempt(world, message, attempt),
  });
  return message;
}

/** Notes that a page shows this chat: everything that has arrived is read. */
export function openChat(world: World, customer: Customer): void {
  sendReadStatuses(world, customer);
  tellCustomer(world, customer.key);
}

/**
 * The business marks a message and everything before it as read, and shows typing dots if wanted.
 * @returns false when the message is unknown
 */
export function markRead(
  world: World,
  options: { messageId: string; number: BusinessNumber; typing: boolean },
): boolean {
  const { messageId, number, typing } = options;
  const message = world.state.message(messageId);
  const customer = message === undefined ? undefined : world.state.customer(message.customer);
  if (message === undefined || customer === undefined) return false;
  if (message.phoneNumberId !== number.phoneNumberId || message.direction !== "in") return false;
  const thread = world.state.thread(customer.key);
  for (let index = thread.lastIndexOf(message); index >= 0; index -= 1) {
    const earlier = thread[index];
    if (earlier === undefined || earlier.direction === "out" || earlier.phoneNumberId !== number.phoneNumberId)
      continue;
    if (earlier.status === "read") break;
    earlier.status = "read";
    tellMessage(world, earlier.id);
  }
  world.stats.readMarks += 1;
  world.traces.add(messageId, "read_by_business", {});
  if (typing) showTyping(world, customer, messageId);
  return true;
}

/** Ends the typing dots, as a reply does. */
export function stopTyping(world: World, customer: Customer): void {
  if (customer.typingUntil === 0) return;
  customer.typingUntil = 0;
  world.hub.emit({ kind: "typing", customer: customer.key, until: null });
}

function showTyping(world: World, customer: Customer, messageId: string): void {
  const until = Date.now() + TYPING_MS;
  customer.typingUntil = until;
  world.stats.typingIndicators += 1;
  world.traces.add(messageId, "typing_shown", {});
  world.hub.emit({ kind: "typing", customer: customer.key, until: new Date(until).toISOString() });
  world.timers.after(TYPING_MS, () => {
    if (customer.typingUntil === until) stopTyping(world, customer);
  });
}

function wireMessage(number: BusinessNumber, message: PhoneMessage, draft: Draft): Content {
  const context = { from: number.displayPhoneNumber.replace(/\D/g, ""), id: draft.contextId };
  return {
    ...(draft.contextId === undefined || draft.type === "reaction" ? {} : { context }),
    id: message.id,
    timestamp: seconds(message.at),
    type: draft.type,
    ...draft.content,
    ...draft.raw,
  };
}

function noteAttempt(world: World, message: PhoneMessage, attempt: Attempt): void {
  const { kind, ...detail } = attempt;
  world.traces.add(message.id, kind === "posted" ? "webhook_posted" : "webhook_answered", detail);
  if (kind === "posted" || attempt.status !== 200 || message.status !== "sent") return;
  message.status = "delivered";
  tellMessage(world, message.id);
}

// The status webhooks of a business's message: sent, delivered, read, or failed.
import { shuffled, within } from "./chaos.ts";
import { errorFacts } from "./graph/errors.ts";
import type { BusinessNumber, Customer, MessageStatus, PhoneMessage } from "./types.ts";
import { type StatusFacts, statusChange } from "./webhooks/envelope.ts";
import { tellMessage, type World, webhookUrl } from "./world.ts";

/** A send that was accepted, and what its statuses repeat of it. */
export type AcceptedSend = {
  readonly id: string;
  readonly number: BusinessNumber;
  readonly address: string;
  readonly addressedBy: "to" | "recipient";
  readonly callbackData?: string | undefined;
  readonly category: string;
  /** The customer; missing when nobody has that address. */
  readonly customer?: Customer | undefined;
};
type Step = Exclude<MessageStatus, "accepted">;

const rank = { accepted: 0, sent: 1, delivered: 2, read: 3, failed: 4 } as const satisfies Record<
  MessageStatus,
  number
>;
const sends = new WeakMap<PhoneMessage, AcceptedSend>();

/**
 * Sends the statuses of a message that has arrived on a phone, one after the other, in the order that chaos wants.
 * `read` comes only when the chat is open, or the phone is headless and reads by itself.
 */
export function announce(world: World, send: AcceptedSend, message: PhoneMessage): void {
  sends.set(message, send);
  const { statusOrder } = world.chaos.settings;
  if (statusOrder === "normal") {
    nextNormal(world, send, message);
    return;
  }
  const all: Step[] = isRead(world, send.customer) ? ["sent", "delivered", "read"] : ["sent", "delivered"];
  if (all.includes("read")) world.readPlanned.add(message.id);
  inTurn(world, send, statusOrder === "reversed" ? all.reverse() : shuffled(all));
}

/** Sends the one status of a message that never arrives. */
export function announceFailure(world: World, send: AcceptedSend, errorCode: number): void {
  const { title, details } = errorFacts(errorCode);
  world.timers.after(delay(world), () => emit(world, send, "failed", { code: errorCode, title, details }));
}

/** Sends `read` for everything that was delivered while the chat was closed. */
export function sendReadStatuses(world: World, customer: Customer): void {
  for (const message of world.state.thread(customer.key)) {
    const send = sends.get(message);
    if (send === undefined || message.status !== "delivered" || world.readPlanned.has(message.id)) continue;
    world.readPlanned.add(message.id);
    emit(world, send, "read");
  }
}

function nextNormal(world: World, send: AcceptedSend, message: PhoneMessage): void {
  world.timers.after(delay(world), () => {
    emit(world, send, "sent");
    world.timers.after(delay(world), () => {
      emit(world, send, "delivered");
      if (!isRead(world, send.customer) || world.readPlanned.has(message.id)) return;
      world.readPlanned.add(message.id);
      world.timers.after(delay(world), () => emit(world, send, "read"));
    });
  });
}

function inTurn(world: World, send: AcceptedSend, steps: readonly Step[]): void {
  const [first, ...rest] = steps;
  if (first === undefined) return;
  world.timers.after(delay(world), () => {
    emit(world, send, first);
    inTurn(world, send, rest);
  });
}

function emit(world: World, send: AcceptedSend, status: Step, error?: StatusFacts["error"]): void {
  const { number, customer, callbackData, ...rest } = send;
  world.stats.statuses += 1;
  const message = world.state.message(send.id);
  if (message !== undefined && rank[status] > rank[message.status]) {
    message.status = status;
    if (error !== undefined) message.errorCode = error.code;
  }
  if (status === "read") world.readPlanned.delete(send.id);
  tellMessage(world, send.id);
  if (customer !== undefined) world.traces.addToLatest(customer.key, "status_webhook", { status, message_id: send.id });
  const change = statusChange(number, {
    ...rest,
    status,
    at: Date.now(),
    ...(customer === undefined ? {} : { customer }),
    ...(callbackData === undefined ? {} : { callbackData }),
    ...(error === undefined ? {} : { error }),
  });
  world.delivery.enqueue({ change, url: webhookUrl(world, number), lane: `status ${send.id}` });
}

function isRead(world: World, customer: Customer | undefined): boolean {
  if (customer === undefined) return false;
  const attention = world.hub.attention(customer.key);
  return attention === "open" || (attention === "headless" && customer.autoRead);
}

function delay(world: World): number {
  return within(world.chaos.settings.statusDelayMs);
}

// The status webhooks of a business's message: sent, delivered, read (and played for a voice message), or failed.
import { errorFacts } from "./graph/error-table.ts";
import type { BusinessNumber, Customer, MessageStatus, PhoneMessage, WireStatus } from "./types.ts";
import type { Outgoing } from "./webhooks/delivery.ts";
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
  /** Whether it is a voice message, which is `played` once it was read. */
  readonly voice?: boolean | undefined;
};
type Step = "sent" | "delivered" | "read";

const rank = { accepted: 0, sent: 1, delivered: 2, read: 3, failed: 4 } as const satisfies Record<
  MessageStatus,
  number
>;
const sends = new WeakMap<PhoneMessage, AcceptedSend>();

/**
 * Sends the statuses of a message that has arrived on a phone, one after the other, in the order that chaos wants.
 * `read` comes only when the chat is open, or the phone is headless and reads by itself.
 * @returns when all of them have been posted and answered once, however the answers were
 */
export async function announce(world: World, send: AcceptedSend, message: PhoneMessage): Promise<void> {
  sends.set(message, send);
  const { statusOrder, statusTogether } = world.chaos.settings;
  if (statusOrder === "normal" && !statusTogether) return inNormalOrder(world, send, message);
  const all = planned(world, send);
  if (all.includes("read")) world.readPlanned.add(message.id);
  if (!statusTogether) return inTurn(world, send, all);
  await delay(world);
  await emit(world, send, all);
}

/** Sends the one status of a message that never arrives. */
export async function announceFailure(
  world: World,
  send: AcceptedSend,
  failure: { readonly code: number; readonly details?: string | undefined },
): Promise<void> {
  const { title, details } = errorFacts(failure.code);
  await delay(world);
  await emit(world, send, ["failed"], { code: failure.code, title, details: failure.details ?? details });
}

/** Sends `read` for everything that was delivered while the chat was closed. */
export function sendReadStatuses(world: World, customer: Customer): void {
  for (const message of world.state.thread(customer.key)) {
    const send = sends.get(message);
    if (send === undefined || message.status !== "delivered" || world.readPlanned.has(message.id)) continue;
    world.readPlanned.add(message.id);
    void emit(world, send, readSteps(send));
  }
}

async function inNormalOrder(world: World, send: AcceptedSend, message: PhoneMessage): Promise<void> {
  const posted: Promise<unknown>[] = [];
  for (const status of ["sent", "delivered"] as const) {
    await delay(world);
    posted.push(emit(world, send, [status]));
  }
  if (isRead(world, send.customer) && !world.readPlanned.has(message.id)) {
    world.readPlanned.add(message.id);
    await delay(world);
    posted.push(emit(world, send, readSteps(send)));
  }
  await Promise.all(posted);
}

async function inTurn(world: World, send: AcceptedSend, steps: readonly Step[]): Promise<void> {
  const posted: Promise<unknown>[] = [];
  for (const status of steps) {
    await delay(world);
    posted.push(emit(world, send, [status]));
  }
  await Promise.all(posted);
}

/** The order that chaos wants; `read` is among them only when somebody reads. */
function planned(world: World, send: AcceptedSend): Step[] {
  const { statusOrder } = world.chaos.settings;
  const all: Step[] = isRead(world, send.customer) ? ["sent", "delivered", "read"] : ["sent", "delivered"];
  if (statusOrder === "normal") return all;
  if (statusOrder === "reversed") return all.reverse();
  if (statusOrder === "shuffled") return world.chaos.webhookDice.shuffled(all);
  return statusOrder.filter((status) => all.includes(status));
}

/** What follows when a message is read. */
function readSteps(send: AcceptedSend): WireStatus[] {
  return send.voice === true ? ["read", "played"] : ["read"];
}

/** Makes statuses and hands their webhooks over; resolves when each has been answered once. */
async function emit(
  world: World,
  send: AcceptedSend,
  statuses: readonly WireStatus[],
  error?: StatusFacts["error"],
): Promise<void> {
  const { statusSkip, statusCopies, statusTogether } = world.chaos.settings;
  for (const status of statuses) note(world, send, status, error);
  const outgoing = statuses
    .filter((status) => !statusSkip.some((skipped) => skipped === status))
    .map((status) => webhookOf(world, send, status, error));
  const answers = outgoing.map(({ answered }) => answered);
  for (let time = 0; time <= statusCopies; time += 1) {
    if (statusTogether) world.delivery.enqueueTogether(outgoing.map(({ item }) => item));
    else for (const { item } of outgoing) world.delivery.enqueue(item);
  }
  await Promise.all(answers);
}

function note(world: World, send: AcceptedSend, status: WireStatus, error: StatusFacts["error"] | undefined): void {
  world.stats.statuses += 1;
  world.sends.ofMessage(send.id)?.statuses.push({ status, at: world.clock.now() });
  const message = world.state.message(send.id);
  if (message !== undefined && status !== "played" && rank[status] > rank[message.status]) {
    message.status = status;
    if (error !== undefined) message.errorCode = error.code;
  }
  if (status === "read") world.readPlanned.delete(send.id);
  tellMessage(world, send.id);
  if (send.customer !== undefined)
    world.traces.addToLatest(send.customer.key, "status_webhook", { status, message_id: send.id });
}

function webhookOf(
  world: World,
  send: AcceptedSend,
  status: WireStatus,
  error: StatusFacts["error"] | undefined,
): { readonly item: Outgoing; readonly answered: Promise<void> } {
  const { number, customer, callbackData, voice: _voice, ...rest } = send;
  const change = statusChange(number, {
    ...rest,
    status,
    at: world.clock.now(),
    ...(customer === undefined ? {} : { customer }),
    ...(callbackData === undefined ? {} : { callbackData }),
    ...(error === undefined ? {} : { error }),
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  const item: Outgoing = {
    change,
    url: webhookUrl(world, number),
    lane: `status ${send.id}`,
    onAttempt: (attempt) => {
      if (attempt.kind === "answered") resolve();
    },
  };
  return { item, answered: promise };
}

function isRead(world: World, customer: Customer | undefined): boolean {
  if (customer === undefined) return false;
  const attention = world.hub.attention(customer.key);
  return attention === "open" || (attention === "headless" && customer.autoRead);
}

function delay(world: World): Promise<void> {
  const { statusDelayMs } = world.chaos.settings;
  return new Promise((resolve) => world.timers.after(world.chaos.webhookDice.within(statusDelayMs), resolve));
}

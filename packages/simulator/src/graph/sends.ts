// What the Graph API does with a well-formed send: limits, the phone, the statuses, the answer.
import { isBsuid, newMessageId, phoneDigits } from "../ids.ts";
import { stopTyping } from "../phone.ts";
import type { SendRecord } from "../sends.ts";
import { type AcceptedSend, announce, announceFailure } from "../statuses.ts";
import { fillTemplate } from "../templates/fill.ts";
import type { RenderedTemplate, Template } from "../templates/types.ts";
import type { BusinessNumber, Content, Customer, PhoneMessage } from "../types.ts";
import { tellMessage, type World } from "../world.ts";
import { GraphError } from "./errors.ts";
import { checkMedia, fetchLink, type LateFailure } from "./media-check.ts";
import type { SendRequest } from "./request.ts";

/** An accepted send: the answer to it, and when its statuses have all been posted once. */
export type SendResult = { readonly body: Content; readonly announced: Promise<void> };
type Facts = {
  readonly number: BusinessNumber;
  readonly request: SendRequest;
  readonly record: SendRecord;
  readonly address: string;
  readonly customer: Customer | undefined;
};
/** A template message: which template, and how it reads. */
type Filled = { readonly template: Template; readonly rendered: RenderedTemplate };

/**
 * Accepts a send, or refuses it.
 * @throws GraphError as Meta answers
 */
export function acceptSend(world: World, facts: Pick<Facts, "number" | "request" | "record">): SendResult {
  const { request } = facts;
  const customer = findCustomer(world, request);
  const address = request.addressedBy === "to" ? phoneDigits(request.address) : request.address;
  try {
    return accept(world, { ...facts, customer, address });
  } catch (error) {
    if (error instanceof GraphError && customer !== undefined)
      world.traces.addToLatest(customer.key, "graph_refused", { code: error.code, status: error.status });
    throw error;
  }
}

function accept(world: World, facts: Facts): SendResult {
  const { number, request, record, address, customer } = facts;
  refuseByOrder(world, facts);
  if (request.addressedBy === "to" && address === phoneDigits(number.displayPhoneNumber)) throw new GraphError(131021);
  const filled = request.type === "template" ? fill(world, facts) : undefined;
  const wrongMedia = checkMedia(world, request, filled?.rendered);
  world.throttle.take(number.phoneNumberId, address);
  const late = wrongMedia ?? lateFailure(world, facts, filled?.template);
  const send: AcceptedSend = {
    id: newMessageId(address, "out"),
    number,
    address,
    addressedBy: request.addressedBy,
    category: filled?.template.category.toLowerCase() ?? "service",
    callbackData: request.callbackData,
    customer,
    voice: request.type === "audio" && isVoice(request.content.audio),
  };
  count(world, request);
  world.sends.accept(record, send.id);
  return { body: body(send, request), announced: deliver(world, { ...facts, send, late, rendered: filled?.rendered }) };
}

/** Errors that a test has ordered. */
function refuseByOrder(world: World, { number, request, address }: Facts): void {
  const chaos = world.chaos.takeGraphError();
  if (chaos !== undefined) throw new GraphError(chaos.code, { status: chaos.httpStatus ?? undefined });
  const rule = world.rules.take("sync", { address, phoneNumberId: number.phoneNumberId, type: request.type });
  if (rule === undefined) return;
  const { code, http_status: status, retry_after_s: retryAfter, details } = rule;
  throw new GraphError(code, { status, retryAfter, details });
}

/** The template of a message, filled in. @throws GraphError 132001, 132015, 132016, 131062, 131050 and those of the parameters */
function fill(world: World, { number, request, customer }: Facts): Filled {
  // SAFETY: the request was checked against the schema of templates.
  const message = request.content.template as {
    readonly name: string;
    readonly language: { readonly code: string };
    readonly components?: unknown;
  };
  const { name, language } = message;
  const template = world.templates.find(number.wabaId, name, language.code);
  if (template === undefined)
    throw new GraphError(132001, { details: `template name (${name}) does not exist in ${language.code}` });
  if (template.status === "PAUSED") throw new GraphError(132015);
  if (template.status === "DISABLED") throw new GraphError(132016);
  if (template.status !== "APPROVED" && template.status !== "FLAGGED")
    throw new GraphError(132001, { details: `template name (${name}) is not approved in ${language.code}` });
  if (template.category === "AUTHENTICATION" && request.addressedBy === "recipient") throw new GraphError(131062);
  const rendered = fillTemplate(template, message.components);
  if (stopped(template, customer) && world.chaos.settings.throttle.stopAnswer === "error") throw new GraphError(131050);
  return { template, rendered };
}

/** The error of an accepted send that fails afterwards. */
function lateFailure(world: World, facts: Facts, template: Template | undefined): LateFailure | undefined {
  const { customer, number, request, address } = facts;
  const { graph, throttle } = world.chaos.settings;
  if (customer === undefined) return { code: 131026 };
  if (template !== undefined && stopped(template, customer)) return { code: 131050 };
  if (template === undefined && !world.throttle.windowOpen(customer.lastWroteAt.get(number.phoneNumberId))) {
    if (throttle.windowAnswer === "error") throw new GraphError(131047);
    return { code: 131047 };
  }
  const rule = world.rules.take("status", { address, phoneNumberId: number.phoneNumberId, type: request.type });
  if (rule !== undefined) return { code: rule.code, details: rule.details };
  if (graph.laterErrorCode !== null && world.chaos.dice.chance(graph.laterProbability))
    return { code: graph.laterErrorCode };
  return undefined;
}

function stopped(template: Template, customer: Customer | undefined): boolean {
  return template.category === "MARKETING" && customer?.stopped.has(template.wabaId) === true;
}

function isVoice(audio: unknown): boolean {
  return typeof audio === "object" && audio !== null && "voice" in audio && audio.voice === true;
}

function count(world: World, request: SendRequest): void {
  world.stats.acceptedSends += 1;
  if (request.callbackData !== undefined && world.state.sawCallbackData(request.callbackData))
    world.stats.duplicateSends += 1;
}

type Accepted = Facts & {
  readonly send: AcceptedSend;
  readonly late: LateFailure | undefined;
  readonly rendered: RenderedTemplate | undefined;
};

/** Puts an accepted message on its phone, or lets it fail; what follows are its statuses. */
function deliver(world: World, facts: Accepted): Promise<void> {
  const { send, late, request, rendered, customer } = facts;
  if (request.addressedBy === "to" && isBsuid(request.address)) return Promise.resolve(); // never arrives
  if (customer === undefined) return finish(world, facts);
  world.traces.addToLatest(customer.key, "graph_accepted", { message_id: send.id, type: request.type });
  if (late !== undefined || !world.chaos.settings.graph.fetchLinks) return finish(world, facts);
  return fetchLink(request, rendered).then((failure) => finish(world, { ...facts, late: failure }));
}

function finish(world: World, facts: Accepted): Promise<void> {
  const { send, late, record, customer } = facts;
  if (late !== undefined) {
    record.errorCode = late.code;
    return announceFailure(world, send, late);
  }
  return customer === undefined ? Promise.resolve() : announce(world, send, arrive(world, { ...facts, customer }));
}

function arrive(world: World, facts: Accepted & { readonly customer: Customer }): PhoneMessage {
  const { send, request, record, customer, rendered } = facts;
  customer.arrivals += 1;
  const reaction = request.content.reaction;
  const reactedTo =
    typeof reaction === "object" && reaction !== null && "message_id" in reaction ? reaction.message_id : undefined;
  const contextId = request.contextId ?? (typeof reactedTo === "string" ? reactedTo : undefined);
  const at = world.clock.now();
  const message: PhoneMessage = {
    id: send.id,
    customer: customer.key,
    phoneNumberId: send.number.phoneNumberId,
    direction: "out",
    type: request.type,
    content: request.content,
    at,
    order: customer.arrivals,
    status: "accepted",
    ...(rendered === undefined ? {} : { rendered }),
    ...(contextId === undefined ? {} : { contextId }),
    ...(request.callbackData === undefined ? {} : { callbackData: request.callbackData }),
  };
  record.arrivedAt = at;
  world.state.addMessage(message);
  stopTyping(world, customer);
  tellMessage(world, message.id);
  return message;
}

function body(send: AcceptedSend, request: SendRequest): Content {
  const contact =
    request.addressedBy === "to"
      ? { input: request.address, ...(isBsuid(request.address) ? {} : { wa_id: send.address }) }
      : { input: request.address, user_id: request.address };
  const message = request.type === "template" ? { id: send.id, message_status: "accepted" } : { id: send.id };
  return { messaging_product: "whatsapp", contacts: [contact], messages: [message] };
}

function findCustomer(world: World, request: SendRequest): Customer | undefined {
  if (request.addressedBy === "recipient") return world.state.customer(request.address);
  return isBsuid(request.address) ? undefined : world.state.customer(phoneDigits(request.address));
}

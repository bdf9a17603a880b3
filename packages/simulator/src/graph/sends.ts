// What the Graph API does with a well-formed send: limits, the phone, the statuses, the answer.
import { chance } from "../chaos.ts";
import { isBsuid, newMessageId, phoneDigits } from "../ids.ts";
import { stopTyping } from "../phone.ts";
import { type AcceptedSend, announce, announceFailure } from "../statuses.ts";
import type { BusinessNumber, Content, Customer, PhoneMessage } from "../types.ts";
import { tellMessage, type World } from "../world.ts";
import { GraphError } from "./errors.ts";
import type { SendRequest } from "./request.ts";

/** The answer to an accepted send, and whether chaos wants its caller never to see it. */
export type SendResult = { readonly body: Content; readonly hang: boolean };

/**
 * Accepts a send, or refuses it.
 * @throws GraphError as Meta answers
 */
export function acceptSend(world: World, number: BusinessNumber, request: SendRequest): SendResult {
  try {
    return accept(world, number, request);
  } catch (error) {
    const customer = findCustomer(world, request);
    if (error instanceof GraphError && customer !== undefined)
      world.traces.addToLatest(customer.key, "graph_refused", { code: error.code, status: error.status });
    throw error;
  }
}

function accept(world: World, number: BusinessNumber, request: SendRequest): SendResult {
  const chaos = world.chaos.takeGraphError();
  if (chaos !== undefined)
    throw new GraphError(chaos.code, chaos.httpStatus === null ? {} : { status: chaos.httpStatus });
  checkContent(world, number, request);
  const address = request.addressedBy === "to" ? phoneDigits(request.address) : request.address;
  world.throttle.take(number.phoneNumberId, address);
  const customer = findCustomer(world, request);
  const late = lateFailure(world, { customer, number, request });
  const send: AcceptedSend = {
    id: newMessageId(address, "out"),
    number,
    address,
    addressedBy: request.addressedBy,
    category: request.type === "template" ? "utility" : "service",
    callbackData: request.callbackData,
    customer,
  };
  count(world, request);
  if (request.addressedBy === "to" && isBsuid(request.address)) return result(world, send, request); // never arrives
  if (late !== undefined) announceFailure(world, send, late);
  if (customer !== undefined) {
    world.traces.addToLatest(customer.key, "graph_accepted", { message_id: send.id, type: request.type });
    if (late === undefined) arrive(world, { send, request, customer });
  }
  return result(world, send, request);
}

/** The error code of an accepted send that fails afterwards. */
function lateFailure(
  world: World,
  facts: { customer: Customer | undefined; number: BusinessNumber; request: SendRequest },
): number | undefined {
  const { customer, number, request } = facts;
  const { graph, throttle } = world.chaos.settings;
  if (customer === undefined) return 131026;
  if (request.type !== "template" && !world.throttle.windowOpen(customer.lastWroteAt.get(number.phoneNumberId))) {
    if (throttle.windowAnswer === "error") throw new GraphError(131047);
    return 131047;
  }
  if (graph.laterErrorCode !== null && chance(graph.laterProbability)) return graph.laterErrorCode;
  return undefined;
}

function checkContent(world: World, number: BusinessNumber, request: SendRequest): void {
  if (request.addressedBy === "to" && phoneDigits(request.address) === phoneDigits(number.displayPhoneNumber))
    throw new GraphError(131021);
  const content = request.content[request.type];
  const mediaId = typeof content === "object" && content !== null && "id" in content ? content.id : undefined;
  if (typeof mediaId === "string" && world.media.get(mediaId) === undefined)
    throw new GraphError(100, {
      message: `(#100) Param ${request.type}['id'] is not a valid whatsapp business account media attachment ID`,
    });
  const template = typeof content === "object" && content !== null && "name" in content ? content.name : undefined;
  if (request.type === "template" && typeof template === "string" && template.startsWith("missing"))
    throw new GraphError(132001);
}

function count(world: World, request: SendRequest): void {
  world.stats.acceptedSends += 1;
  if (request.callbackData !== undefined && world.state.sawCallbackData(request.callbackData))
    world.stats.duplicateSends += 1;
}

function arrive(world: World, facts: { send: AcceptedSend; request: SendRequest; customer: Customer }): void {
  const { send, request, customer } = facts;
  customer.arrivals += 1;
  const reaction = request.content.reaction;
  const reactedTo =
    typeof reaction === "object" && reaction !== null && "message_id" in reaction ? reaction.message_id : undefined;
  const contextId = request.contextId ?? (typeof reactedTo === "string" ? reactedTo : undefined);
  const message: PhoneMessage = {
    id: send.id,
    customer: customer.key,
    phoneNumberId: send.number.phoneNumberId,
    direction: "out",
    type: request.type,
    content: request.content,
    at: Date.now(),
    order: customer.arrivals,
    status: "accepted",
    ...(contextId === undefined ? {} : { contextId }),
    ...(request.callbackData === undefined ? {} : { callbackData: request.callbackData }),
  };
  world.state.addMessage(message);
  stopTyping(world, customer);
  tellMessage(world, message.id);
  announce(world, send, message);
}

function result(world: World, send: AcceptedSend, request: SendRequest): SendResult {
  const hang = chance(world.chaos.settings.graph.hangProbability);
  if (hang) world.stats.hungSends += 1;
  const contact =
    request.addressedBy === "to"
      ? { input: request.address, ...(isBsuid(request.address) ? {} : { wa_id: send.address }) }
      : { input: request.address, user_id: request.address };
  return { hang, body: { messaging_product: "whatsapp", contacts: [contact], messages: [{ id: send.id }] } };
}

function findCustomer(world: World, request: SendRequest): Customer | undefined {
  if (request.addressedBy === "recipient") return world.state.customer(request.address);
  return isBsuid(request.address) ? undefined : world.state.customer(phoneDigits(request.address));
}

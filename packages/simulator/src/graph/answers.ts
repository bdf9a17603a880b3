// How a request to send is answered: as it should be, or, when chaos wants it, refused before it is looked at, or taken
// and never answered. Every request is in the record (`GET /sends`) with what was answered and what was not.
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { SendRecord } from "../sends.ts";
import { pause } from "../timers.ts";
import type { BusinessNumber, Content } from "../types.ts";
import type { World } from "../world.ts";
import { GraphError } from "./errors.ts";
import type { SendRequest } from "./request.ts";
import { acceptSend } from "./sends.ts";

type Call = Context<{ Bindings: HttpBindings }>;

/** An answer waits for its statuses no longer than this. */
const STATUS_WAIT_MS = 10_000;
const PAGE = (status: number) =>
  `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`;

/**
 * Answers a request to send.
 * @param parse - reads the body; its errors are refusals like any other
 * @throws GraphError as Meta answers
 */
export async function answerSend(
  world: World,
  c: Call,
  facts: { readonly number: BusinessNumber; readonly json: Content; readonly parse: () => SendRequest },
): Promise<Response> {
  const record = begin(world, c, facts);
  try {
    const refused = await refusal(world, c, record);
    if (refused !== undefined) return refused;
    const request = facts.parse();
    const { body, announced } = acceptSend(world, { number: facts.number, request, record });
    if (world.chaos.settings.statusBeforeAnswer) await Promise.race([announced, pause(STATUS_WAIT_MS)]);
    return await afterAccepting(world, c, { record, body });
  } catch (error) {
    const known = error instanceof GraphError ? error : undefined;
    record.httpStatus = known?.status ?? 500;
    record.errorCode = known?.code ?? 1;
    throw error;
  }
}

function begin(
  world: World,
  c: Call,
  { number, json }: { readonly number: BusinessNumber; readonly json: Content },
): SendRecord {
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  world.stats.sendRequests += 1;
  const record = world.sends.begin({
    at: world.clock.now(),
    phoneNumberId: number.phoneNumberId,
    address: text(json.to) ?? text(json.recipient) ?? "",
    type: text(json.type) ?? "text",
    callbackData: text(json.biz_opaque_callback_data),
  });
  c.env.outgoing.once("finish", () => {
    record.answeredAt = world.clock.now();
  });
  return record;
}

/** Chaos refuses some before they are looked at; nothing reaches the phone. */
async function refusal(world: World, c: Call, record: SendRecord): Promise<Response | undefined> {
  const { refuseProbability, refuseHow, refuseStatus } = world.chaos.settings.graph;
  const { dice } = world.chaos;
  if (!dice.chance(refuseProbability)) return undefined;
  world.stats.refusedBefore += 1;
  if (refuseHow === "close" || refuseHow === "silence") return unanswered(c, refuseHow);
  const status = refuseStatus ?? (dice.chance(0.5) ? 500 : 503);
  if (refuseHow === "error") throw serverError(status);
  record.httpStatus = status;
  // SAFETY: 500 to 599 by the schema of chaos.
  return c.html(PAGE(status), status as ContentfulStatusCode);
}

/** Chaos keeps some answers back; the message stands on the phone all the same. */
async function afterAccepting(
  world: World,
  c: Call,
  { record, body }: { readonly record: SendRecord; readonly body: Content },
): Promise<Response> {
  const { hangProbability, hangHow } = world.chaos.settings.graph;
  const { dice } = world.chaos;
  if (!dice.chance(hangProbability)) {
    record.httpStatus = 200;
    return c.json(body);
  }
  world.stats.hungSends += 1;
  if (hangHow === "error") throw serverError(dice.chance(0.5) ? 500 : 503);
  return unanswered(c, hangHow);
}

/** No answer: the socket is closed, or nothing comes until the caller gives up. */
async function unanswered(c: Call, how: "close" | "silence"): Promise<Response> {
  const { incoming } = c.env;
  if (how === "close") incoming.socket.destroy();
  else if (!incoming.socket.destroyed) await new Promise((resolve) => incoming.socket.once("close", resolve));
  return RESPONSE_ALREADY_SENT;
}

function serverError(status: number): GraphError {
  return new GraphError(status === 500 ? 1 : 2, { status });
}

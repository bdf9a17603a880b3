// The Graph API's addresses: `/:version/{phone-number-id}/messages` and its neighbours, the token, and Meta's error bodies.
import { timingSafeEqual } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { markRead } from "../phone.ts";
import { createTemplate, deleteTemplates, editTemplate, listTemplates, templateFacts } from "../templates/routes.ts";
import { pause } from "../timers.ts";
import type { BusinessNumber } from "../types.ts";
import type { World } from "../world.ts";
import { answerSend } from "./answers.ts";
import { GraphError } from "./errors.ts";
import { elsewhere, fetchFile, mediaFacts, upload } from "./media.ts";
import { isRead, parseRead, parseSend, readBody } from "./request.ts";

type Env = { Bindings: HttpBindings };
type Call = Context<Env>;

/** Versions that Meta serves (Graph API changelog, November 2026). */
const VERSIONS = ["v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"];

/** The Graph API of the simulator. */
export function graphRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.use("/:version{v[0-9]+\\.[0-9]+}/*", async (c, next) => {
    if (!VERSIONS.includes(c.req.param("version"))) throw unknownPath(c.req.path);
    const { latencyMs } = world.chaos.settings.graph;
    if (latencyMs > 0) await pause(latencyMs);
    await next();
  });
  app.post("/:version/:id/messages", (c) => messages(world, c));
  app.post("/:version/:id/media", async (c) => {
    numberOf(world, c);
    return c.json(await upload(world, await form(c), c.req.query()));
  });
  templateRoutes(world, app);
  app.get("/:version/:id/phone_numbers", (c) => {
    const wabaId = accountOf(world, c, "get");
    const numbers = [...world.state.numbers.values()].filter((number) => number.wabaId === wabaId);
    return c.json({ data: numbers.map(numberFacts) });
  });
  app.get("/:version/:id", (c) => look(world, c));
  app.delete("/:version/:id", (c) => {
    checkToken(world, c);
    if (!world.media.remove(c.req.param("id"))) throw unknownObject(c.req.param("id"), "delete");
    return c.json({ success: true });
  });
  app.get("/whatsapp_business/attachments/", (c) => {
    checkToken(world, c);
    return fetchFile(world, c);
  });
  app.get("/elsewhere/attachments/", (c) => elsewhere(world, c));
  return app;
}

/** The answer to anything that was thrown; unknown errors become Meta's code 1. */
export function graphFailure(world: World, error: unknown, c: Context): Response {
  const known = error instanceof GraphError ? error : new GraphError(1, { status: 500, details: String(error) });
  world.stats.graphErrors[known.code] = (world.stats.graphErrors[known.code] ?? 0) + 1;
  if (known.retryAfter !== undefined) c.header("retry-after", String(known.retryAfter));
  // SAFETY: the statuses are those of the error table and of chaos, 206 and 400 to 599.
  return c.json(known.toBody(), known.status as ContentfulStatusCode);
}

/** The answer to a path that nobody serves. */
export function unknownPath(path: string): GraphError {
  return new GraphError(2500, { message: `Unknown path components: ${path}` });
}

async function messages(world: World, c: Call): Promise<Response> {
  const number = numberOf(world, c);
  const json = readBody(await jsonBody(c));
  if (!isRead(json)) return answerSend(world, c, { number, json, parse: () => parseSend(json) });
  const { messageId, typing } = parseRead(json);
  if (!markRead(world, { messageId, number, typing }))
    throw new GraphError(131009, { details: `Message id ${messageId} is not a message to this number.` });
  return c.json({ success: true });
}

function look(world: World, c: Call): Response {
  const id = c.req.param("id") ?? "";
  const number = world.state.numbers.get(id);
  checkToken(world, c, number);
  if (number !== undefined) return c.json(numberFacts(number));
  const template = world.templates.byId(id);
  if (template !== undefined) return c.json(templateFacts(template, c.req.query("fields")));
  const file = world.media.get(id);
  if (file === undefined) throw unknownObject(id, "get");
  world.stats.mediaLookups += 1;
  return c.json(mediaFacts(world, file));
}

function templateRoutes(world: World, app: Hono<Env>): void {
  const path = "/:version/:id/message_templates";
  app.get(path, (c) => {
    const wabaId = accountOf(world, c, "get");
    return c.json(listTemplates(world, wabaId, c.req.query(), c.req.path));
  });
  app.post(path, async (c) => c.json(createTemplate(world, accountOf(world, c, "post"), await jsonBody(c))));
  app.delete(path, (c) => c.json(deleteTemplates(world, accountOf(world, c, "delete"), c.req.query())));
  app.post("/:version/:id", async (c) => {
    checkToken(world, c);
    const template = world.templates.byId(c.req.param("id"));
    if (template === undefined) throw unknownObject(c.req.param("id"), "post");
    return c.json(editTemplate(world, template, await jsonBody(c)));
  });
}

/** The business account of a call; its token is that of any of its numbers, or the general one. */
function accountOf(world: World, c: Call, method: string): string {
  const id = c.req.param("id") ?? "";
  checkToken(world, c);
  if (![...world.state.numbers.values()].some((number) => number.wabaId === id)) throw unknownObject(id, method);
  return id;
}

function numberFacts(number: BusinessNumber): Readonly<Record<string, unknown>> {
  return {
    id: number.phoneNumberId,
    display_phone_number: number.displayPhoneNumber,
    verified_name: number.verifiedName,
    code_verification_status: "VERIFIED",
    quality_rating: "GREEN",
    platform_type: "CLOUD_API",
    throughput: { level: "STANDARD" },
    status: "CONNECTED",
  };
}

function numberOf(world: World, c: Call): BusinessNumber {
  const id = c.req.param("id") ?? "";
  const number = world.state.numbers.get(id);
  checkToken(world, c, number);
  if (number === undefined) throw unknownObject(id, "post");
  return number;
}

function checkToken(world: World, c: Call, number?: BusinessNumber): void {
  const given = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (given === undefined)
    throw new GraphError(190, { message: "An access token is required to request this resource." });
  const own = number?.accessToken;
  const accepted = own === undefined ? everyToken(world, number) : [own];
  if (!accepted.some((token) => same(token, given)))
    throw new GraphError(190, { message: "Invalid OAuth access token - Cannot parse access token" });
}

/** Media and business accounts belong to no number here, so that any token opens them. */
function everyToken(world: World, number: BusinessNumber | undefined): readonly string[] {
  if (number !== undefined) return [world.config.accessToken];
  return [world.config.accessToken, ...[...world.state.numbers.values()].flatMap((item) => item.accessToken ?? [])];
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

async function form(c: Call): Promise<FormData> {
  try {
    return await c.req.raw.formData();
  } catch {
    throw new GraphError(100, { details: "The body is not a multipart form." });
  }
}

async function jsonBody(c: Call): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw new GraphError(100, { details: "The body is not valid JSON." });
  }
}

function unknownObject(id: string, method: string): GraphError {
  return new GraphError(100, {
    message: `Unsupported ${method} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
    type: "GraphMethodException",
    details: "",
    subcode: 33,
  });
}

// The part of the test API that sets the scene: the clock, the 24 h window, errors on order, the record of sends,
// templates, and what a customer wants of marketing messages.
import { type Context, Hono } from "hono";
import { z } from "zod";
import { errorTable } from "./graph/error-table.ts";
import { ruleSchema } from "./graph/rules.ts";
import { bodyOf, customerOf, numberFor, RequestError } from "./http-request.ts";
import { phoneDigits } from "./ids.ts";
import { sendView } from "./sends.ts";
import { changeCategory, changeQuality, changeStatus } from "./templates/changes.ts";
import { templateFacts } from "./templates/routes.ts";
import { qualityScores, type Template, templateCategories, templateStatuses } from "./templates/types.ts";
import { preferenceChange } from "./webhooks/envelope.ts";
import { tellCustomer, type World, webhookUrl } from "./world.ts";

const clock = z.union([z.strictObject({ advance_s: z.number() }), z.strictObject({ offset_s: z.number() })]);
const window = z
  .strictObject({
    phone_number_id: z.string().optional(),
    /** When the customer last wrote: a time; null for never. */
    last_wrote_at: z.iso.datetime().nullable().optional(),
    /** The same as seconds before now. */
    last_wrote_s_ago: z.number().min(0).optional(),
  })
  .refine((value) => (value.last_wrote_at === undefined) !== (value.last_wrote_s_ago === undefined), {
    message: "needs one of last_wrote_at and last_wrote_s_ago",
  });
const templateChange = z.strictObject({
  waba_id: z.string().optional(),
  language: z.string().optional(),
  status: z.enum(templateStatuses).optional(),
  /** The event of the webhook, when it is not the status itself, such as `REINSTATED`. */
  event: z.string().optional(),
  reason: z.string().optional(),
  quality: z.enum(qualityScores).optional(),
  category: z.enum(templateCategories).optional(),
});
const preference = z.strictObject({ value: z.enum(["stop", "resume"]), phone_number_id: z.string().optional() });

/** The routes. */
export function labRoutes(world: World): Hono {
  const app = new Hono();
  clockRoutes(world, app);
  ruleRoutes(world, app);
  app.get("/sends", (c) => c.json(sendsOf(world, c.req.query())));
  app.get("/templates", (c) => {
    const wabaId = c.req.query("waba_id") ?? world.state.defaultNumber.wabaId;
    return c.json(world.templates.of(wabaId).map(templateView));
  });
  app.post("/templates/:template", async (c) => c.json(await changeTemplates(world, c)));
  app.post("/phones/:phone/marketing", async (c) => {
    const { value, phone_number_id: number } = preference.parse(await bodyOf(c));
    return c.json(setPreference(world, c, { value, number }));
  });
  return app;
}

function clockRoutes(world: World, app: Hono): void {
  const view = () => ({ now: new Date(world.clock.now()).toISOString(), offset_s: world.clock.offsetMs / 1000 });
  app.get("/clock", (c) => c.json(view()));
  app.post("/clock", async (c) => {
    const body = clock.parse(await bodyOf(c));
    if ("advance_s" in body) world.clock.advance(body.advance_s * 1000);
    else world.clock.set(body.offset_s * 1000);
    return c.json(view());
  });
  app.post("/phones/:phone/window", async (c) => {
    const customer = customerOf(world, c);
    const body = window.parse(await bodyOf(c));
    const number = numberFor(world, body.phone_number_id);
    const ago = body.last_wrote_s_ago;
    const at = ago === undefined ? body.last_wrote_at : new Date(world.clock.now() - ago * 1000).toISOString();
    if (at === null || at === undefined) customer.lastWroteAt.delete(number.phoneNumberId);
    else customer.lastWroteAt.set(number.phoneNumberId, Date.parse(at));
    const open = world.throttle.windowOpen(customer.lastWroteAt.get(number.phoneNumberId));
    return c.json({ phone_number_id: number.phoneNumberId, last_wrote_at: at ?? null, open });
  });
}

function ruleRoutes(world: World, app: Hono): void {
  app.get("/errors", (c) => c.json([...errorTable].map(([code, facts]) => ({ code, ...facts }))));
  app.get("/chaos/errors", (c) => c.json(world.rules.all));
  app.post("/chaos/errors", async (c) => {
    const body = await bodyOf(c);
    const rules = z
      .array(ruleSchema)
      .min(1)
      .parse(Array.isArray(body) ? body : [body]);
    const added = rules.map((rule) => world.rules.add(rule));
    return c.json(Array.isArray(body) ? added : added[0], 201);
  });
  app.delete("/chaos/errors", (c) => {
    world.rules.clear();
    return c.json({ removed: true });
  });
  app.delete("/chaos/errors/:id", (c) => {
    if (!world.rules.remove(Number(c.req.param("id")))) throw new RequestError(404, "There is no such rule.");
    return c.json({ removed: true });
  });
}

function sendsOf(world: World, query: Readonly<Record<string, string>>) {
  const { biz_opaque_callback_data: datum, message_id: messageId, phone, accepted, answered, limit } = query;
  const yes = (wanted: string | undefined, is: boolean) => wanted === undefined || wanted === String(is);
  const found = world.sends.list(
    (record) =>
      (datum === undefined || record.callbackData === datum) &&
      (messageId === undefined || record.messageId === messageId) &&
      (phone === undefined || record.address === phone || phoneDigits(record.address) === phoneDigits(phone)) &&
      yes(accepted, record.accepted) &&
      yes(answered, record.answeredAt !== undefined),
  );
  return found.slice(limit === undefined ? 0 : Math.max(0, found.length - (Number(limit) || 0))).map(sendView);
}

async function changeTemplates(world: World, c: Context) {
  const { waba_id: wabaId, language, status, event, reason, quality, category } = templateChange.parse(await bodyOf(c));
  const named = c.req.param("template");
  const found = world.templates
    .of(wabaId ?? world.state.defaultNumber.wabaId)
    .filter((item) => item.id === named || item.name === named)
    .filter((item) => language === undefined || item.language === language);
  if (found.length === 0) throw new RequestError(404, "There is no such template; GET /templates lists them.");
  for (const template of found) {
    if (category !== undefined && category !== template.category) changeCategory(world, template, category);
    if (quality !== undefined) changeQuality(world, template, quality);
    if (status !== undefined) changeStatus(world, template, { status, event, reason });
  }
  return found.map(templateView);
}

function templateView(template: Template) {
  const fields =
    "name,language,category,previous_category,status,rejected_reason,quality_score,parameter_format,components";
  return { waba_id: template.wabaId, ...templateFacts(template, fields) };
}

/** The customer taps "stop" or "resume" in the settings of the chat. */
function setPreference(
  world: World,
  c: Context,
  { value, number: id }: { readonly value: "stop" | "resume"; readonly number: string | undefined },
) {
  const customer = customerOf(world, c);
  const number = numberFor(world, id);
  if (value === "stop") customer.stopped.add(number.wabaId);
  else customer.stopped.delete(number.wabaId);
  world.delivery.enqueue({
    change: preferenceChange(number, customer, { value, at: world.clock.now() }),
    url: webhookUrl(world, number),
    lane: `${number.phoneNumberId} ${customer.key}`,
  });
  tellCustomer(world, customer.key);
  return { value, waba_id: number.wabaId };
}

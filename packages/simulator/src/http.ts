// The HTTP API for tests and for the page: phones, chaos, raw webhooks, counters.
import { Hono } from "hono";
import { z } from "zod";
import { chaosPatchSchema } from "./chaos.ts";
import { draftOf, parseInputs } from "./drafts.ts";
import { labRoutes } from "./http-lab.ts";
import { bodyOf, customerOf, numberFor, RequestError } from "./http-request.ts";
import { phoneDigits } from "./ids.ts";
import { openChat, write } from "./phone.ts";
import type { BusinessNumber, Customer } from "./types.ts";
import { customerView, messageView, numberView } from "./views.ts";
import { resetWorld, tellCustomer, type World, webhookUrl } from "./world.ts";

const phone = z.string().regex(/^\+?[\d\s().-]{5,24}$/, "must be a phone number");
const bsuid = z.string().regex(/^[A-Z]{2}\.[A-Za-z0-9.]{1,128}$/, "must look like US.13491208655302741918");
const newPhone = z
  .strictObject({
    phone: phone.optional(),
    /** Without `phone`: a customer whose number the business never sees; made up when neither is given. */
    bsuid: bsuid.optional(),
    parent_bsuid: bsuid.optional(),
    name: z.string().min(1).max(100).optional(),
    username: z.string().min(1).max(35).optional(),
    auto_read: z.boolean().optional(),
  })
  .refine((value) => value.phone !== undefined || value.bsuid !== undefined || value.username !== undefined, {
    message: "needs a phone, or a username or bsuid for a customer without a visible number",
  });
const newNumber = z.strictObject({
  phone_number_id: z.string().regex(/^\d{5,20}$/, "must be 5 to 20 digits"),
  waba_id: z
    .string()
    .regex(/^\d{5,20}$/, "must be 5 to 20 digits")
    .default("200000000000001"),
  display_phone_number: phone,
  verified_name: z.string().min(1).max(100).default("Another business"),
  webhook_url: z.url().optional(),
  access_token: z.string().min(1).optional(),
});

/** The test API. */
export function testRoutes(world: World): Hono {
  const app = new Hono();
  app.get("/health", (c) => c.json({ status: "ok", program: "simulator" }));
  app.get("/stats", (c) => c.json(statsOf(world)));
  app.post("/reset", (c) => {
    resetWorld(world);
    return c.json({ reset: true });
  });
  phoneRoutes(world, app);
  messageRoutes(world, app);
  chaosRoutes(world, app);
  webhookRoutes(world, app);
  app.route("/", labRoutes(world));
  app.get("/numbers", (c) => c.json([...world.state.numbers.values()].map(numberView)));
  app.post("/numbers", async (c) => {
    const number = addNumber(world, newNumber.parse(await bodyOf(c)));
    return c.json(numberView(number), 201);
  });
  return app;
}

function phoneRoutes(world: World, app: Hono): void {
  app.get("/phones", (c) => c.json(world.state.customers.map((customer) => customerView(world.state, customer))));
  app.post("/phones", async (c) => {
    const body = newPhone.parse(await bodyOf(c));
    const { parent_bsuid: parentBsuid, auto_read: autoRead, ...rest } = body;
    const customer = world.state.addCustomer({ ...rest, parentBsuid, autoRead });
    tellCustomer(world, customer.key);
    return c.json(customerView(world.state, customer), 201);
  });
  app.get("/phones/:phone", (c) => c.json(customerView(world.state, customerOf(world, c))));
  app.delete("/phones/:phone", (c) => {
    const customer = customerOf(world, c);
    world.state.removeCustomer(customer);
    world.hub.emit({ kind: "cleared", customer: customer.key, removed: true });
    return c.json({ removed: true });
  });
  app.post("/page/open", async (c) => {
    const body = z.strictObject({ client: z.string(), customer: z.string().nullable() }).parse(await bodyOf(c));
    const customer = body.customer === null ? undefined : world.state.customer(body.customer);
    const known = world.hub.open(body.client, customer?.key ?? null);
    if (known && customer !== undefined) openChat(world, customer);
    return c.json({ open: known });
  });
}

function messageRoutes(world: World, app: Hono): void {
  app.post("/phones/:phone/messages", async (c) => {
    const body = await bodyOf(c);
    const inputs = parseInputs(body);
    const sent = inputs.map((input) => {
      const customer = customerFor(world, c.req.param("phone"), input.customer_name);
      const number = numberFor(world, input.to);
      const message = write(world, { customer, number }, draftOf(world, customer, input));
      return { id: message.id, timestamp: new Date(message.at).toISOString() };
    });
    return c.json(Array.isArray(body) ? sent : sent[0], 201);
  });
  app.get("/phones/:phone/messages", (c) => {
    const customer = customerOf(world, c);
    const { limit, phone_number_id: number, direction } = c.req.query();
    const messages = world.state
      .thread(customer.key)
      .filter((message) => number === undefined || message.phoneNumberId === number)
      .filter((message) => direction === undefined || message.direction === direction);
    const count = limit === undefined ? messages.length : Math.max(0, Number(limit) || 0);
    return c.json(messages.slice(messages.length - Math.min(count, messages.length)).map(messageView));
  });
  app.delete("/phones/:phone/messages", (c) => {
    const customer = customerOf(world, c);
    world.state.clearThread(customer.key);
    customer.arrivals = 0;
    world.hub.emit({ kind: "cleared", customer: customer.key, removed: false });
    tellCustomer(world, customer.key);
    return c.json({ cleared: true });
  });
  app.get("/phones/:phone/trace", async (c) => c.json((await world.traces.latest(customerOf(world, c).key)) ?? null));
  app.get("/traces/:id", async (c) => {
    const trace = await world.traces.view(c.req.param("id"));
    if (trace === undefined) throw new RequestError(404, "No customer's message has this id.");
    return c.json(trace);
  });
}

function chaosRoutes(world: World, app: Hono): void {
  const tell = () => world.hub.emit({ kind: "chaos", chaos: world.chaos.settings });
  app.get("/chaos", (c) => c.json(world.chaos.settings));
  app.post("/chaos", async (c) => {
    const patch = chaosPatchSchema.parse(await bodyOf(c));
    world.chaos.change(patch);
    if (patch.throttle !== undefined) world.throttle.reset();
    tell();
    return c.json(world.chaos.settings);
  });
  app.delete("/chaos", (c) => {
    world.chaos.reset();
    world.rules.clear();
    world.throttle.reset();
    tell();
    return c.json(world.chaos.settings);
  });
}

function webhookRoutes(world: World, app: Hono): void {
  app.post("/webhooks/raw", async (c) => {
    const body = await bodyOf(c);
    const url = webhookUrl(world, world.state.defaultNumber);
    const answer = await world.delivery.postRaw(url, body).catch((error: unknown) => {
      throw new RequestError(502, `No answer from ${url}: ${String(error)}`);
    });
    return c.json(answer);
  });
  app.post("/webhooks/verify", async (c) => {
    const url = new URL(webhookUrl(world, world.state.defaultNumber));
    const challenge = String(Math.floor(Math.random() * 1e10));
    url.searchParams.set("hub.mode", "subscribe");
    url.searchParams.set("hub.challenge", challenge);
    url.searchParams.set("hub.verify_token", world.config.verifyToken);
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) }).catch(
      () => undefined,
    );
    if (response === undefined) throw new RequestError(502, `No answer from ${url.origin}${url.pathname}.`);
    const body = await response.text();
    return c.json({ verified: response.status === 200 && body === challenge, status: response.status, body });
  });
}

function addNumber(world: World, body: z.output<typeof newNumber>): BusinessNumber {
  const number: BusinessNumber = {
    phoneNumberId: body.phone_number_id,
    wabaId: body.waba_id,
    displayPhoneNumber: body.display_phone_number,
    verifiedName: body.verified_name,
    ...(body.webhook_url === undefined ? {} : { webhookUrl: body.webhook_url }),
    ...(body.access_token === undefined ? {} : { accessToken: body.access_token }),
  };
  world.state.numbers.set(number.phoneNumberId, number);
  world.hub.emit({ kind: "numbers", numbers: [...world.state.numbers.values()].map(numberView) });
  return number;
}

function statsOf(world: World): Readonly<Record<string, unknown>> {
  const { waiting, inFlight } = world.delivery.pending;
  return {
    ...world.stats,
    webhooksWaiting: waiting,
    webhooksInFlight: inFlight,
    customers: world.state.customers.length,
    messagesKept: world.state.messageCount,
  };
}

function customerFor(world: World, address: string, name: string | undefined): Customer {
  const known = world.state.customer(address);
  if (known !== undefined) {
    if (name !== undefined) known.name = name;
    return known;
  }
  if (bsuid.safeParse(address).success) return world.state.addCustomer({ bsuid: address, name });
  if (phoneDigits(address).length < 5)
    throw new RequestError(400, "The address must be a phone number with at least 5 digits, or a BSUID.");
  return world.state.addCustomer({ phone: address, name });
}

// Test API: faults, and the clock.
import { Hono } from "hono";
import { z } from "zod";
import { Faults } from "../faults.ts";
import { releaseHeld } from "../sockets/login.ts";
import type { World } from "../world.ts";
import { bodyOf, phoneNumber } from "./request.ts";

const count = z.number().int().min(1).optional();
const patch = z.strictObject({
  latency_ms: z.number().int().min(0).max(10_000).optional(),
  swallow_acks: z.boolean().optional(),
  hold_success: z.boolean().optional(),
  hold_offline: z.boolean().optional(),
  qr_codes: z.number().int().min(1).max(12).optional(),
  damage: z.array(z.strictObject({ at: z.enum(["phone", "device"]), phone: phoneNumber.optional(), count })).optional(),
  ack_errors: z
    .array(z.strictObject({ code: z.number().int(), phone: phoneNumber.optional(), to: z.string().optional(), count }))
    .optional(),
  queries: z
    .array(
      z.strictObject({
        xmlns: z.string(),
        child: z.string().optional(),
        /** Without a code the query is swallowed. */
        error: z.number().int().optional(),
        count,
      }),
    )
    .optional(),
  refuse_logins: z.array(z.strictObject({ code: z.number().int(), phone: phoneNumber.optional(), count })).optional(),
});

/** Routes under /faults, and /clock. */
export function faultRoutes(world: World): Hono {
  const app = new Hono();
  app.get("/faults", (c) => c.json(view(world.faults)));
  app.post("/faults", async (c) => {
    change(world.faults, patch.parse(await bodyOf(c)));
    releaseHeld(world);
    return c.json(view(world.faults));
  });
  app.delete("/faults", (c) => {
    world.faults = new Faults();
    releaseHeld(world);
    return c.json(view(world.faults));
  });
  app.post("/clock", async (c) => {
    const body = z.strictObject({ advance_seconds: z.number().int().min(0) }).parse(await bodyOf(c));
    world.advance(body.advance_seconds);
    return c.json({ now: new Date(world.now()).toISOString() });
  });
  return app;
}

function change(faults: Faults, body: z.output<typeof patch>): void {
  faults.latencyMs = body.latency_ms ?? faults.latencyMs;
  faults.swallowsAcks = body.swallow_acks ?? faults.swallowsAcks;
  faults.holdsSuccess = body.hold_success ?? faults.holdsSuccess;
  faults.holdsOffline = body.hold_offline ?? faults.holdsOffline;
  faults.qrCodes = body.qr_codes ?? faults.qrCodes;
  faults.damages = body.damage?.map(countdown) ?? faults.damages;
  faults.ackErrors = body.ack_errors?.map(countdown) ?? faults.ackErrors;
  faults.queries = body.queries?.map(countdown) ?? faults.queries;
  faults.loginRefusals = body.refuse_logins?.map(countdown) ?? faults.loginRefusals;
}

function countdown<T extends { readonly count?: number | undefined }>({ count: left, ...rest }: T) {
  return { ...rest, left };
}

function view(faults: Faults) {
  const counted = <T extends { left: number | undefined }>({ left, ...rest }: T) => ({ ...rest, count: left });
  return {
    latency_ms: faults.latencyMs,
    swallow_acks: faults.swallowsAcks,
    hold_success: faults.holdsSuccess,
    hold_offline: faults.holdsOffline,
    qr_codes: faults.qrCodes,
    damage: faults.damages.map(counted),
    ack_errors: faults.ackErrors.map(counted),
    queries: faults.queries.map(counted),
    refuse_logins: faults.loginRefusals.map(counted),
  };
}

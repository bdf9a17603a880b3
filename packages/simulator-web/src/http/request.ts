// What the routes of the test API read out of requests.
import type { Context } from "hono";
import { z } from "zod";
import { RequestError } from "../errors.ts";
import type { Group } from "../groups/group.ts";
import type { Phone } from "../phones/phone.ts";
import type { World } from "../world.ts";

/** A phone number in any writing; read as its digits. */
export const phoneNumber = z
  .string()
  .regex(/^\+?[\d\s().-]{5,24}$/, "must be a phone number")
  .transform((text) => text.replace(/\D/g, ""));

/**
 * The request's JSON; an empty body is `{}`.
 * @throws RequestError when it is no JSON
 */
export async function bodyOf(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError(400, "The body is no JSON.");
  }
}

/**
 * The phone that the path names.
 * @throws RequestError when there is none
 */
export function phoneIn(world: World, c: Context): Phone {
  return phoneBy(world, c.req.param("pn") ?? "");
}

/** The phone with this number, in any writing. Throws when there is none. */
export function phoneBy(world: World, number: string): Phone {
  const phone = world.phone(number.replace(/\D/g, ""));
  if (phone === undefined) throw new RequestError(404, "No phone has this number. Add it with POST /phones.");
  return phone;
}

/** The group with this address. Throws when there is none. */
export function groupBy(world: World, jid: string): Group {
  const group = world.groups.get(jid);
  if (group === undefined)
    throw new RequestError(404, "There is no group with this address. Make one with POST /groups.");
  return group;
}

/** A chat: a group's address or a phone number. */
export function chatBy(world: World, to: string): Phone | Group {
  return to.endsWith("@g.us") ? groupBy(world, to) : phoneBy(world, to);
}

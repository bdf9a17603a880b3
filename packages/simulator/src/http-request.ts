// What the routes of the test API share: reading requests, finding who and what they name, and refusing them in words.
import type { Context } from "hono";
import { z } from "zod";
import type { BusinessNumber, Customer } from "./types.ts";
import type { World } from "./world.ts";

type RequestStatus = 400 | 403 | 404 | 409 | 502 | 503;

/** A problem with a request to the test API. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: RequestStatus;
  constructor(status: RequestStatus, message: string) {
    super(message);
    this.status = status;
  }
}

/** The answer to what was thrown by a test route; undefined when it is not about the request. */
export function requestFailure(error: unknown, c: Context): Response | undefined {
  if (error instanceof RequestError) return c.json({ error: error.message }, error.status);
  if (!(error instanceof z.ZodError)) return undefined;
  const problems = error.issues.map((issue) => [issue.path.join("."), issue.message].filter(Boolean).join(": "));
  return c.json({ error: problems.join("; ") }, 400);
}

/** The JSON of a request; refuses what is none. */
export async function bodyOf(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw new RequestError(400, "The body is not valid JSON.");
  }
}

/** The customer of a path. @throws RequestError 404 */
export function customerOf(world: World, c: Context): Customer {
  const customer = world.state.customer(c.req.param("phone") ?? "");
  if (customer === undefined) throw new RequestError(404, "Nobody has this phone; POST /phones adds a customer.");
  return customer;
}

/** A business number, or the first one when none is named. @throws RequestError 404 */
export function numberFor(world: World, id: string | undefined): BusinessNumber {
  const number = id === undefined ? world.state.defaultNumber : world.state.numbers.get(id);
  if (number === undefined) throw new RequestError(404, `No business number ${id}; POST /numbers adds one.`);
  return number;
}

// Pages of a list: an opaque cursor in, a link to the next page out.
import type { JsonObject } from "@switchboard/commons/json.ts";
import { z } from "zod";
import { Problem } from "./problem.ts";

/** The query of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(50)
    .meta({ description: "Most items of the page.", example: 50 }),
  cursor: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: "Where the page begins: next_cursor of the page before. Opaque." }),
};

/** A page of these items. */
export function pageOf<T extends z.ZodType>(item: T, id: string) {
  return z
    .object({
      items: z.array(item),
      next_cursor: z.string().nullable().meta({ description: "For the next page; null on the last one." }),
      next: z.url().nullable().meta({ description: "Address of the next page; null on the last one." }),
    })
    .meta({ id, description: "A page of a list, newest first." });
}

/**
 * Reads a cursor.
 * @param form - what this list puts into its cursors
 * @throws Problem 422 for one that is not ours
 */
export function readCursor<T extends JsonObject>(cursor: string | undefined, form: z.ZodType<T>): T | null {
  if (cursor === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    return form.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    throw new Problem(422, {
      code: "validation_failed",
      detail: "The cursor is none of this list's; begin without one.",
      errors: [{ path: "query.cursor", message: "not a cursor of this list" }],
    });
  }
}

/** A page as it is answered. `url` is the request's address from outside. */
export function toPage<T>(page: { readonly items: T[]; readonly next: JsonObject | null }, url: URL) {
  if (page.next === null) return { body: { items: page.items, next_cursor: null, next: null } };
  const cursor = btoa(JSON.stringify(page.next)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const next = new URL(url);
  next.searchParams.set("cursor", cursor);
  return {
    body: { items: page.items, next_cursor: cursor, next: next.href },
    headers: { link: `<${next.href}>; rel="next"` },
  };
}

// Reading JSON that somebody else wrote: cleaning it so that Postgres can store it, and small guards that never throw.
import type { Json, JsonObject } from "../json.ts";

/** Deeper levels are cut off: Postgres and every recursive reader have an end, an attacker's brackets have not. */
const MAX_DEPTH = 64;

/**
 * Copies a JSON value so that `jsonb` takes it: U+0000 and lone surrogates become U+FFFD, what JSON cannot hold becomes
 * null, levels deeper than 64 become a remark. One such character in one item would otherwise fail the whole batch.
 * @param value - anything
 */
export function cleanJson(value: unknown): Json {
  return cleanLevel(value, 0);
}

function cleanLevel(value: unknown, depth: number): Json {
  if (typeof value === "string") return cleanText(value);
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object" || value === null) return null;
  if (depth === MAX_DEPTH) return "[cut off: nested too deep]";
  if (Array.isArray(value)) return Array.from(value, (item) => cleanLevel(item, depth + 1));
  // Object.fromEntries makes own properties, also of a key such as __proto__.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), cleanLevel(item, depth + 1)]));
}

function cleanText(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

/** The value when it is an object (not an array), otherwise undefined. */
export function objectOf(value: Json | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !isList(value) ? value : undefined;
}

/** The value when it is a list, otherwise undefined. */
export function listOf(value: Json | undefined): readonly Json[] | undefined {
  return isList(value) ? value : undefined;
}

/** The value when it is a text that is not empty, otherwise undefined. */
export function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * The value when it can be an id: a text of 1 to 512 characters. Longer ones are nobody's id, and an index row has an end.
 */
export function idOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= 512 ? value : undefined;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

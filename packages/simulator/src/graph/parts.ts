// Pieces that the schemas of several message types share, with Meta's limits.
import { z } from "zod";

/** A text of 1 to `max` characters. @param name - what Meta calls it */
export const text = (name: string, max: number) =>
  z.string().min(1, `${name} is required`).max(max, `${name} length invalid. Min length: 1, Max length: ${max}`);
/** An address on the web. */
export const link = z.string().regex(/^https?:\/\//, "link must be an http or https URL");

/** A file by its id or by a link, never both. @param more - fields of the kind, such as `caption` */
export const media = (more: Readonly<Record<string, z.ZodType>> = {}) =>
  z
    .looseObject({ id: z.string().min(1).optional(), link: link.optional(), ...more })
    .refine((value) => (value.id === undefined) !== (value.link === undefined), {
      message: "Exactly one of id and link is needed",
    });
/** What may stand above the body of an interactive message. */
export const header = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text"), text: text("Header text", 60) }),
  z.looseObject({ type: z.literal("image"), image: media() }),
  z.looseObject({ type: z.literal("video"), video: media() }),
  z.looseObject({ type: z.literal("document"), document: media() }),
]);
/** The text of an interactive message. */
export const body = (max: number) => z.looseObject({ text: text("Body text", max) });
/** The small text below. */
export const footer = z.looseObject({ text: text("Footer text", 60) }).optional();
/** Whether no value comes twice. */
export const unique = (values: readonly string[]) => new Set(values).size === values.length;

// What the body of POST /{waba-id}/message_templates may hold, with Meta's limits.
// Source: "Template components" and "Template management" of the WhatsApp documentation.
import { z } from "zod";
import { GraphError } from "../graph/errors.ts";
import { buttonTypes, type Template, type TemplateComponent, templateCategories } from "./types.ts";

const upper = z.string().transform((value) => value.toUpperCase());
const long = (name: string, max: number) => z.string().min(1).max(max, `${name} may have up to ${max} characters.`);
const button = z.looseObject({
  type: upper.pipe(z.enum(buttonTypes)),
  text: long("A button's text", 25).optional(),
  url: z.string().max(2000).optional(),
  phone_number: z.string().max(20).optional(),
});
const parts = z.array(z.looseObject({ type: upper })).min(1);
const part = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("HEADER"),
    format: upper.pipe(z.enum(["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"])),
    text: long("The header", 60).optional(),
  }),
  z.looseObject({ type: z.literal("BODY"), text: long("The body", 1024) }),
  z.looseObject({ type: z.literal("FOOTER"), text: long("The footer", 60) }),
  z.looseObject({ type: z.literal("BUTTONS"), buttons: z.array(button).min(1).max(10) }),
]);
const definition = z.looseObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/, "The name may have lower-case letters, digits and underscores only."),
  language: z.string().regex(/^[a-z]{2,3}(_[A-Za-z]{2,4})?$/, "The language is not supported."),
  category: upper.pipe(z.enum(templateCategories)),
  parameter_format: upper.pipe(z.enum(["POSITIONAL", "NAMED"])).default("POSITIONAL"),
  components: z.unknown(),
});
const edit = z.looseObject({ category: upper.pipe(z.enum(templateCategories)).optional(), components: z.unknown() });

/** A template as its maker describes it. */
export type Definition = Pick<Template, "name" | "language" | "category" | "parameterFormat" | "components">;

/**
 * Reads the description of a new template.
 * @throws GraphError 100, with Meta's subcode where it has one
 */
export function parseDefinition(json: unknown): Definition {
  const { name, language, category, parameter_format: parameterFormat, components } = read(definition, json);
  return { name, language, category, parameterFormat, components: parseComponents(components, parameterFormat) };
}

/**
 * Reads an edit of a template.
 * @throws GraphError 100
 */
export function parseEdit(json: unknown, format: "POSITIONAL" | "NAMED") {
  const { category, components } = read(edit, json);
  return {
    category,
    ...(components === undefined ? {} : { components: parseComponents(components, format) }),
  };
}

/** The variables of a text in the order of their first use: `1`, `2` or names. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g)].map((match) => match[1] ?? ""))];
}

function parseComponents(json: unknown, format: "POSITIONAL" | "NAMED"): TemplateComponent[] {
  const components = read(parts, json).map((item) => read(part, item));
  const body = components.find((item) => item.type === "BODY");
  if (body === undefined) throw refusal("A template needs a body.");
  for (const item of components) {
    const text = item.type === "BUTTONS" ? "" : (item.text ?? "");
    checkVariables(text, format);
    if (item.type === "BODY" && /^\s*\{\{|\}\}\s*$/.test(text))
      throw refusal("Variables can't be at the start or end of the template.", 2388299);
  }
  return components;
}

function checkVariables(text: string, format: "POSITIONAL" | "NAMED"): void {
  const names = variablesOf(text);
  const right =
    format === "NAMED"
      ? names.every((name) => /^[a-z_][a-z0-9_]*$/.test(name))
      : names
          .map(Number)
          .sort((a, b) => a - b)
          .every((name, index) => name === index + 1);
  if (!right) throw refusal(`The variables do not have the format ${format}.`, 2388072);
}

function read<S extends z.ZodType>(schema: S, json: unknown): z.output<S> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.join(".") ?? "";
  throw refusal(
    `${place === "" ? "" : `${place}: `}${issue?.message}`,
    issue?.code === "too_big" ? 2388040 : undefined,
  );
}

function refusal(details: string, subcode?: number): GraphError {
  return new GraphError(100, { details, subcode });
}

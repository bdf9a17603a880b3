// A template message: are its parameters those that the template asks for, and how does it read once they are filled in.
// Source of codes and words: "Error codes" and "Send template messages" of the WhatsApp documentation.
import { z } from "zod";
import { GraphError } from "../graph/errors.ts";
import type { Content } from "../types.ts";
import { fillButtons } from "./buttons.ts";
import { variablesOf } from "./definition.ts";
import type { RenderedTemplate, Template, TemplateComponent } from "./types.ts";

const parameter = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  payload: z.string().optional(),
  parameter_name: z.string().optional(),
});
const component = z.looseObject({
  type: z.string().transform((value) => value.toLowerCase()),
  sub_type: z
    .string()
    .transform((value) => value.toLowerCase())
    .optional(),
  index: z.coerce.number().int().min(0).optional(),
  parameters: z.array(parameter).default([]),
});
/** One value for a variable. */
export type Parameter = z.output<typeof parameter>;
/** The values for one part of a template. */
export type Filling = z.output<typeof component>;

const LONGEST = 1024;

/**
 * Fills a template in.
 * @param components - as the message brings them
 * @throws GraphError 132000 (count), 132012 (format), 132018 (text), 131008 (missing), 132005 (too long)
 */
export function fillTemplate(template: Template, components: unknown): RenderedTemplate {
  const parsed = z.array(component).safeParse(components ?? []);
  if (!parsed.success) throw new GraphError(132012, { details: "components: not a list of components" });
  const of = (type: string) => parsed.data.find((item) => item.type === type)?.parameters ?? [];
  const part = <T extends TemplateComponent["type"]>(type: T) =>
    template.components.find((item): item is Extract<TemplateComponent, { type: T }> => item.type === type);
  const header = fillHeader(template, part("HEADER"), of("header"));
  const body = fillText(template, { part: "body", text: part("BODY")?.text ?? "", parameters: of("body") });
  if (body.length > LONGEST)
    throw new GraphError(132005, { details: `body: Translated text too long (${body.length} characters).` });
  const footer = part("FOOTER")?.text;
  const fillings = parsed.data.filter((item) => item.type === "button");
  return {
    name: template.name,
    language: template.language,
    category: template.category,
    ...(header === undefined ? {} : { header }),
    body,
    ...(footer === undefined ? {} : { footer }),
    buttons: fillButtons(part("BUTTONS")?.buttons ?? [], fillings),
  };
}

function fillHeader(
  template: Template,
  header: Extract<TemplateComponent, { type: "HEADER" }> | undefined,
  parameters: readonly Parameter[],
): RenderedTemplate["header"] {
  if (header === undefined) {
    if (parameters.length > 0) throw count("header", parameters.length, 0);
    return undefined;
  }
  if (header.format === "TEXT")
    return { format: "TEXT", text: fillText(template, { part: "header", text: header.text ?? "", parameters }) };
  const [first] = parameters;
  const given = first?.type.toUpperCase() ?? "UNKNOWN";
  if (given !== header.format)
    throw new GraphError(132012, { details: `header: Format mismatch, expected ${header.format}, received ${given}` });
  return { format: header.format, media: mediaOf(first, header.format) };
}

function mediaOf(parameter: Parameter | undefined, format: string): unknown {
  const name = format.toLowerCase();
  const media: unknown = parameter?.[name];
  if (typeof media !== "object" || media === null)
    throw new GraphError(131008, { details: `header: Parameter of type ${name} is missing its ${name}` });
  return media;
}

function fillText(
  template: Template,
  facts: { readonly part: string; readonly text: string; readonly parameters: readonly Parameter[] },
): string {
  const { part, text, parameters } = facts;
  const names = variablesOf(text);
  if (parameters.length !== names.length) throw count(part, parameters.length, names.length);
  const values = new Map(
    parameters.map((item, index) => [nameOf(template, { part, item, index, names }), textOf(item, part)]),
  );
  return text.replace(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g, (whole, name: string) => values.get(name) ?? whole);
}

function nameOf(
  template: Template,
  facts: { readonly part: string; readonly item: Parameter; readonly index: number; readonly names: readonly string[] },
): string {
  const { part, item, index, names } = facts;
  if (template.parameterFormat === "POSITIONAL") return String(index + 1);
  if (item.parameter_name === undefined || item.parameter_name === "")
    throw new GraphError(100, { details: `${part}: Parameter name is missing or empty` });
  if (!names.includes(item.parameter_name))
    throw new GraphError(132000, {
      details: `${part}: parameter_name (${item.parameter_name}) does not exist in the template`,
    });
  return item.parameter_name;
}

/** Currency and date_time parameters bring a ready text as their fallback. */
function textOf(item: Parameter, part: string): string {
  const special: unknown = item.type === "currency" || item.type === "date_time" ? item[item.type] : undefined;
  const fallback =
    typeof special === "object" && special !== null && "fallback_value" in special
      ? String(special.fallback_value)
      : undefined;
  const text = fallback ?? item.text;
  if (fallback === undefined && item.type !== "text")
    throw new GraphError(132012, {
      details: `${part}: Format mismatch, expected TEXT, received ${item.type.toUpperCase()}`,
    });
  if (text === undefined || text === "")
    throw new GraphError(131008, { details: `${part}: Parameter of type text is missing text value` });
  if (/[\n\t]| {5,}/.test(text))
    throw new GraphError(132018, {
      details: `${part}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces`,
    });
  return text;
}

function count(part: string, given: number, expected: number): GraphError {
  return new GraphError(132000, {
    details: `${part}: number of localizable_params (${given}) does not match the expected number of params (${expected})`,
  });
}

/** The media objects that a template message refers to, for the check of their ids. */
export function mediaInTemplate(rendered: RenderedTemplate): Content | undefined {
  const media = rendered.header?.media;
  // SAFETY: `mediaOf` lets objects pass only.
  return media === undefined ? undefined : (media as Content);
}

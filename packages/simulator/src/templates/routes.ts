// The Graph API's calls about templates: list, look up, create, edit, delete.
// Source: "Template management" and the reference of the edge `message_templates` of the WhatsApp documentation.
import { GraphError } from "../graph/errors.ts";
import type { Content } from "../types.ts";
import type { World } from "../world.ts";
import { changeStatus } from "./changes.ts";
import { parseDefinition, parseEdit } from "./definition.ts";
import type { Template } from "./types.ts";

type Query = Readonly<Record<string, string>>;

const PAGE = 25;
const LARGEST_PAGE = 1000;
const usual = ["name", "parameter_format", "components", "language", "status", "category"];

/** One page of an account's templates, filtered. @throws GraphError 131059 for a broken cursor, 100 for a wrong filter */
export function listTemplates(world: World, wabaId: string, query: Query, path: string): Content {
  const found = world.templates.of(wabaId).filter((template) => fits(template, query));
  const limit = Math.min(Math.max(1, Math.floor(Number(query.limit ?? PAGE)) || PAGE), LARGEST_PAGE);
  const start = startOf(found, query, limit);
  const page = found.slice(start, start + limit);
  const [first, last] = [page[0], page.at(-1)];
  if (first === undefined || last === undefined) return { data: [] };
  const cursors = { before: cursor(first), after: cursor(last) };
  const link = (place: Query) => {
    const { after: _after, before: _before, access_token: _token, ...rest } = query;
    return `${world.origin}${path}?${new URLSearchParams({ ...rest, limit: String(limit), ...place })}`;
  };
  return {
    data: page.map((template) => templateFacts(template, query.fields)),
    paging: {
      cursors,
      ...(start + limit < found.length ? { next: link({ after: cursors.after }) } : {}),
      ...(start > 0 ? { previous: link({ before: cursors.before }) } : {}),
    },
  };
}

/** One template as the Graph API shows it. @param fields - names between commas; without them the usual ones */
export function templateFacts(template: Template, fields: string | undefined): Content {
  const names = fields === undefined || fields === "" ? usual : fields.split(",").map((name) => name.trim());
  const all: Content = {
    name: template.name,
    parameter_format: template.parameterFormat,
    components: template.components,
    language: template.language,
    status: template.status,
    category: template.category,
    previous_category: template.previousCategory,
    rejected_reason: template.rejectedReason,
    quality_score: { score: template.quality.score, date: Math.floor(template.quality.date / 1000) },
  };
  const shown = names.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]);
  return { ...Object.fromEntries(shown), id: template.id };
}

/** Creates a template and sends it into review. @throws GraphError 100 */
export function createTemplate(world: World, wabaId: string, json: unknown): Content {
  const { name, language, category, ...rest } = parseDefinition(json);
  if (world.templates.find(wabaId, name, language) !== undefined)
    throw new GraphError(100, {
      details: `Content in this language already exists: there is already ${language} content for this template.`,
      subcode: 2388024,
    });
  const template = world.templates.add({ wabaId, name, language, category, ...rest });
  review(world, template);
  return { id: template.id, status: template.status, category };
}

/** Edits a template and sends it into review. @throws GraphError 100 */
export function editTemplate(world: World, template: Template, json: unknown): Content {
  const { category, components } = parseEdit(json, template.parameterFormat);
  template.category = category ?? template.category;
  template.components = components ?? template.components;
  template.status = "PENDING";
  review(world, template);
  return { success: true, id: template.id, name: template.name, category: template.category };
}

/** Deletes a template by its name in all languages, or by id and name in one. @throws GraphError 100 */
export function deleteTemplates(world: World, wabaId: string, query: Query): Content {
  const found = world.templates
    .of(wabaId)
    .filter((item) => item.name === query.name && (query.hsm_id === undefined || item.id === query.hsm_id));
  if (query.name === undefined) throw new GraphError(100, { message: "(#100) The parameter name is required." });
  if (found.length === 0)
    throw new GraphError(100, { details: "Message template not found: there is no such template.", subcode: 2593002 });
  for (const template of found) {
    world.templates.remove(template);
    changeStatus(world, template, { status: "DELETED" });
  }
  return { success: true };
}

function review(world: World, template: Template): void {
  world.timers.after(world.chaos.dice.within(world.chaos.settings.statusDelayMs), () => {
    const { templateReview } = world.chaos.settings;
    if (templateReview === "hold" || template.status !== "PENDING") return;
    changeStatus(world, template, { status: templateReview === "approve" ? "APPROVED" : "REJECTED" });
  });
}

function fits(template: Template, query: Query): boolean {
  const one = (name: string, value: string) => {
    const wanted = query[name];
    return wanted === undefined || listed(wanted).includes(value.toUpperCase());
  };
  const { name, name_or_content: words } = query;
  return (
    (name === undefined || template.name.includes(name)) &&
    (words === undefined || JSON.stringify([template.name, template.components]).includes(words)) &&
    one("status", template.status) &&
    one("category", template.category) &&
    one("language", template.language) &&
    one("quality_score", template.quality.score)
  );
}

/** A filter is one value, or several as a JSON list or between commas. */
function listed(text: string): string[] {
  return text
    .replace(/^\[|\]$|"/g, "")
    .split(",")
    .map((value) => value.trim().toUpperCase());
}

function startOf(found: readonly Template[], query: Query, limit: number): number {
  const { after, before } = query;
  const given = after ?? before;
  if (given === undefined) return 0;
  const at = found.findIndex((template) => cursor(template) === given);
  if (at === -1) throw new GraphError(131059);
  return after === undefined ? Math.max(0, at - limit) : at + 1;
}

function cursor(template: Template): string {
  return Buffer.from(`template:${template.id}`).toString("base64url");
}

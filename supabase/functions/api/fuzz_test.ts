// Every operation of the OpenAPI document, called with what keeps to its schemas, nearly does, or does not, over a real
// Postgres: nothing breaks (no 5xx), and every answer is one that the document describes.
import { ok } from "node:assert/strict";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import document from "./openapi.json" with { type: "json" };
import { anything, type Ground, nearlyValid, property, type Schema, valid } from "./test/arbitraries.ts";
import { databaseTest, type House, request, type World } from "./test/world.ts";

const RUNS = 200;

interface Parameter {
  readonly in: "path" | "query" | "header";
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Described {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Schema } } };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

// SAFETY: the document is generated with these fields, and linted.
const paths = document.paths as unknown as Readonly<Record<string, Readonly<Record<string, Described>>>>;
const schemas = document.components.schemas as unknown as Ground["schemas"];

const ajv = new Ajv.default({ strict: false, allErrors: true, validateFormats: true });
addFormats.default(ajv);
ajv.addSchema(document, "openapi");

/** What one run sends. */
interface Shot {
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly raw: string | undefined;
}

const headerText = fc
  .string({ unit: fc.constantFrom(...' !"#abc,;=:{}[]\\0189\u00e9'), maxLength: 200 })
  .map((text) => text.trim());
const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value ?? ""));

/** Requests of an operation. */
function shots(operation: Described, ground: Ground): fc.Arbitrary<Shot> {
  const of = (where: Parameter["in"]) => (operation.parameters ?? []).filter((each) => each.in === where);
  const value = ({ name, schema }: Parameter) =>
    fc.oneof({ weight: 9, arbitrary: property(name, schema, ground) }, { weight: 1, arbitrary: anything }).map(text);
  const recordOf = (list: readonly Parameter[], requiredKeys: string[]) =>
    fc.record(Object.fromEntries(list.map((each) => [each.name, value(each)])), { requiredKeys });
  const body = operation.requestBody?.content["application/json"]?.schema;
  const isUpload = operation.requestBody?.content["*/*"] !== undefined;
  return fc.record({
    path: recordOf(
      of("path"),
      of("path").map(({ name }) => name),
    ),
    query: fc
      .tuple(
        recordOf(of("query"), []),
        fc.array(fc.tuple(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 })), { maxLength: 1 }),
        fc.nat({ max: 5 }),
      )
      .map(([known, strange, odds]) => [...Object.entries(known), ...(odds === 0 ? strange : [])]),
    headers: fc
      .record(
        { "idempotency-key": headerText, "x-correlation-id": headerText, "content-type": headerText },
        { requiredKeys: [] },
      )
      .chain((odd) =>
        // Mostly none of them, else nothing would get through.
        fc.nat({ max: 4 }).map((odds) => (odds === 0 ? odd : {})),
      ),
    body:
      body === undefined
        ? fc.constant(undefined)
        : fc.oneof(
            { weight: 4, arbitrary: valid(body, ground) },
            { weight: 4, arbitrary: nearlyValid(body, ground) },
            { weight: 1, arbitrary: anything },
          ),
    raw: isUpload
      ? fc.oneof(fc.constantFrom("%PDF-1.7 a small one", "GIF89a", ""), fc.string({ unit: "binary", maxLength: 100 }))
      : body === undefined
        ? fc.constant(undefined)
        : fc.oneof(
            { weight: 9, arbitrary: fc.constant(undefined) },
            { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 100 }) },
          ),
  });
}

function toRequest(method: string, path: string, shot: Shot, key: string): Request {
  const filled = path.replaceAll(
    /\{(\w+)\}/g,
    (_all, name) => encodeURIComponent(toWellFormed(shot.path[name] ?? "")) || "%20",
  );
  const query = new URLSearchParams(shot.query.map(([name, value]) => [toWellFormed(name), toWellFormed(value)]));
  const type = shot.raw?.startsWith("%PDF") ? "application/pdf" : "application/json";
  const headers = new Headers({ "content-type": type, ...shot.headers, authorization: `Bearer ${key}` });
  const { url } = request(`${filled}?${query}`);
  const body = shot.raw ?? (shot.body === undefined ? undefined : JSON.stringify(shot.body));
  return new Request(url, { method: method.toUpperCase(), headers, ...(body === undefined ? {} : { body }) });
}

/** encodeURIComponent refuses halves of surrogate pairs. */
function toWellFormed(value: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(value));
}

/** The status of the answer, which the document describes. */
async function check(
  world: World,
  { path, method }: { path: string; method: string },
  asked: Request,
): Promise<number> {
  const response = await world.app.request(asked);
  const answer = await response.text();
  const told = `${asked.method} ${asked.url} -> ${response.status} ${answer.slice(0, 500)}\n${world.lines.at(-1) ?? ""}`;
  ok(response.status < 500, told);
  const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
  const described = paths[path]?.[method]?.responses[String(response.status)]?.content;
  ok(described !== undefined && type in described, `not in the document: ${type} ${told}`);
  const inPointer = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
  const pointer = ["paths", path, method, "responses", String(response.status), "content", type, "schema"]
    .map(inPointer)
    .join("/");
  const fits = ajv.getSchema(`openapi#/${pointer}`);
  ok(fits !== undefined, `the document has no ${pointer}`);
  ok(fits(JSON.parse(answer)), `${told}\n${ajv.errorsText(fits.errors)}`);
  return response.status;
}

/** Messages to look at: one that waits, one that failed. */
async function messagesOf(world: World, house: House): Promise<string[]> {
  const ids: string[] = [];
  for (const to of [{ conversation_id: house.conversationId }, "+15550107002"]) {
    const json = { to, content: { type: "text", text: "hello" } };
    const response = await world.app.request(request("/v1/outbound/messages", { key: house.key, json }));
    ids.push((await response.json()).id);
  }
  await world.db.query("select app.set_outbound_status(0::smallint, $1, 'FAILED', '{\"code\": \"131026\"}')", [ids[1]]);
  return ids;
}

/** A cursor of a list. */
async function cursorOf(world: World, path: string, house: House): Promise<string> {
  const response = await world.app.request(request(`${path}?limit=1`, { key: house.key }));
  return (await response.json()).next_cursor ?? "none";
}

for (const [path, methods] of Object.entries(paths))
  for (const [method, operation] of Object.entries(methods))
    databaseTest(`${operation.operationId}: no request breaks it, and every answer is as described`, async (world) => {
      const house = await world.house();
      const ids = [...(await messagesOf(world, house)), house.conversationId, house.accountId];
      const cursor = await cursorOf(world, path.replace("{id}", house.conversationId), house);
      const account = { account_id: house.accountId, from: "+1 555 010 0001" };
      const known = { conversation_id: house.conversationId, cursor, ...account };
      const seen = new Set<number>();
      await fc.assert(
        fc.asyncProperty(shots(operation, { schemas, ids, known }), async (shot) => {
          seen.add(await check(world, { path, method }, toRequest(method, path, shot, house.key)));
        }),
        { numRuns: RUNS },
      );
      ok(
        [...seen].some((status) => status < 300),
        `nothing got through: ${[...seen]}`,
      );
      ok(
        [...seen].some((status) => status >= 400),
        `nothing was refused: ${[...seen]}`,
      );
    });

// Requests out of the OpenAPI document: what keeps to its schemas, what nearly does, and what does not at all.
import fc from "fast-check";

/** A JSON schema, as far as the document uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** What generated values are made with. */
export interface Ground {
  readonly schemas: Readonly<Record<string, Schema>>;
  /** Ids that there are, so that requests get past the first look. */
  readonly ids: readonly string[];
  /** Values of properties of these names that lead somewhere. */
  readonly known: Readonly<Record<string, string>>;
}

/** Deeper than this a recursive schema ends. */
const DEEPEST = 6;

/** Values that keep to a schema. */
export function valid(schema: Schema, ground: Ground, depth = 0): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return depth > DEEPEST ? fc.constant(null) : valid(ground.schemas[name] ?? {}, ground, depth + 1);
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches !== undefined) return fc.oneof(...branches.map((each) => valid(each, ground, depth + 1)));
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  return fc.oneof(
    ...(types.length === 0 ? [fc.jsonValue()] : types.map((type) => ofType(type, schema, ground, depth))),
  );
}

function ofType(type: string, schema: Schema, ground: Ground, depth: number): fc.Arbitrary<unknown> {
  if (type === "null") return fc.constant(null);
  if (type === "boolean") return fc.boolean();
  if (type === "string") return textOf(schema, ground);
  if (type === "integer") return fc.integer({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6 });
  if (type === "number")
    return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true, noDefaultInfinity: true });
  if (type === "array") {
    const minLength = schema.minItems ?? 0;
    const maxLength = Math.max(minLength, Math.min(schema.maxItems ?? 3, 3));
    return fc.array(valid(schema.items ?? {}, ground, depth + 1), { minLength, maxLength });
  }
  const properties = Object.entries(schema.properties ?? {});
  const named = fc.record(
    Object.fromEntries(properties.map(([key, each]) => [key, property(key, each, ground, depth + 1)])),
    {
      requiredKeys: [...(schema.required ?? [])],
    },
  );
  if (typeof schema.additionalProperties !== "object" || depth > DEEPEST) return named;
  const more = fc.dictionary(fc.string({ maxLength: 8 }), valid(schema.additionalProperties, ground, depth + 1), {
    maxKeys: 2,
  });
  return fc.tuple(more, named).map(([extra, fixed]) => ({ ...extra, ...fixed }));
}

/** Values of a property or parameter: half of them lead somewhere, where that is known. */
export function property(name: string, schema: Schema, ground: Ground, depth = 0): fc.Arbitrary<unknown> {
  const value = valid(schema, ground, depth);
  const known = ground.known[name];
  return known === undefined ? value : fc.oneof(fc.constant(known), value);
}

function textOf({ format, pattern, minLength, maxLength }: Schema, { ids }: Ground): fc.Arbitrary<string> {
  if (format === "uuid") return fc.oneof(fc.uuid({ version: 4 }), fc.constantFrom(...ids));
  if (format === "date-time")
    return fc
      .date({ min: new Date("1960-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (format === "uri") return fc.webUrl();
  if (pattern !== undefined) {
    const fits = (text: string) => text.length >= (minLength ?? 0) && text.length <= (maxLength ?? 1e6);
    return fc.stringMatching(new RegExp(pattern)).filter(fits);
  }
  const least = minLength ?? 0;
  return fc.string({ unit: "grapheme", minLength: least, maxLength: Math.max(least, Math.min(maxLength ?? 60, 60)) });
}

const garbage = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    "",
    "\u0000",
    "\ud800",
    -1,
    1e308,
    2 ** 53,
    [],
    {},
    "0000-00-00T00:00:00Z",
    "0000-01-01T00:00:00Z",
  ),
  fc.string({ unit: "binary", maxLength: 300 }),
);

/** Values that nearly keep to a schema: one thing in them is left out, replaced or added. */
export function nearlyValid(schema: Schema, ground: Ground): fc.Arbitrary<unknown> {
  return fc
    .tuple(
      valid(schema, ground),
      fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 4 }),
      garbage,
      fc.nat({ max: 2 }),
    )
    .map(([value, path, odd, how]) => spoil(value, path, odd, how));
}

/** Values that have nothing to do with a schema. */
export const anything: fc.Arbitrary<unknown> = garbage;

function spoil(value: unknown, [first = 0, ...rest]: readonly number[], odd: unknown, how: number): unknown {
  if (typeof value !== "object" || value === null) return odd;
  const entries = Object.entries(value);
  const entry = entries[first % Math.max(entries.length, 1)];
  if (entry === undefined || how === 2) return Array.isArray(value) ? [...value, odd] : { ...value, odd };
  const [key, inner] = entry;
  if (how === 1 && rest.length === 0) {
    const left = entries.filter(([name]) => name !== key);
    return Array.isArray(value) ? left.map(([, each]) => each) : Object.fromEntries(left);
  }
  const spoilt = rest.length === 0 ? odd : spoil(inner, rest, odd, how);
  return Array.isArray(value)
    ? value.map((each, index) => (String(index) === key ? spoilt : each))
    : { ...value, [key]: spoilt };
}

// The Cloud API parser against golden files, a corpus of other projects' webhooks, and arbitrary JSON.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InboundEvent } from "../../src/events.ts";
import { parseCloudApi } from "../../src/providers/cloud-api/parse.ts";
import { corpusFolder, countItems, ownFixtures, readCorpus, readJson, readOwnFixtures } from "./corpus.ts";

const receivedAt = new Date("2026-09-22T12:00:00Z");
const parse = (body: unknown): InboundEvent[] => parseCloudApi(body, { receivedAt });
const own = readOwnFixtures();
const corpus = readCorpus();

describe("the project's own webhooks", () => {
  test.each(own)("$name becomes what its golden file says", ({ name, body }) => {
    // The raw item is the fixture itself again; a test below checks it.
    const events = JSON.parse(JSON.stringify(parse(body).map(({ raw, ...event }) => event)));
    const golden = join(ownFixtures, "expected", `${name}.json`);
    if (process.env.UPDATE_GOLDEN) {
      mkdirSync(join(ownFixtures, "expected"), { recursive: true });
      writeFileSync(golden, `${JSON.stringify(events, null, 2)}\n`);
    }
    expect(events).toEqual(readJson(golden));
  });

  test("have a golden file each, and no golden file is left over", () => {
    const golden = readdirSync(join(ownFixtures, "expected")).map((file) => file.replace(/\.json$/, ""));
    expect(golden.sort()).toEqual(own.map(({ name }) => name).sort());
  });

  test("every text of a webhook that is kept nowhere else stands in a raw item", () => {
    for (const { name, body } of own.filter(({ name }) => !name.startsWith("poisoned"))) {
      const kept = JSON.stringify(parse(body).map(({ raw }) => raw));
      // SAFETY: own fixtures are well formed.
      const { entry } = body as { entry: { changes: { value: Record<string, unknown> }[] }[] };
      for (const { value } of entry.flatMap(({ changes }) => changes))
        for (const [key, list] of Object.entries(value))
          if (Array.isArray(list) && key !== "contacts")
            for (const item of list) expect(kept, `${name}: ${key}`).toContain(JSON.stringify(item));
    }
  });
});

describe("a poisoned batch", () => {
  const body = own.find(({ name }) => name === "poisoned-batch")?.body;

  test("costs its healthy neighbours nothing", () => {
    const healthy = parse(body).filter(({ kind }) => kind === "message" || kind === "status");
    expect(healthy.map(({ key }) => key)).toEqual([
      "msg:wamid.P7",
      "msg:wamid.P8",
      expect.stringMatching(/^msg:wamid\.FIXTURE/),
      "status:wamid.P9:read",
    ]);
  });

  test("holds nothing afterwards that jsonb refuses", () => {
    const text = JSON.stringify(parse(body));
    expect(text).not.toContain("\\u0000");
    expect(text).not.toMatch(/\\ud[89a-f]/i);
  });

  test("that is nested without end is cut off", () => {
    let deep: unknown = "bottom";
    for (let level = 0; level < 200_000; level++) deep = [deep];
    expect(parse({ entry: [{ changes: [{ field: "messages", value: { messages: [deep] } }] }] })).toHaveLength(1);
  });

  test("with a member named __proto__ or constructor changes nobody's prototype", () => {
    const hostile = JSON.parse(
      '{"entry":[{"changes":[{"field":"constructor","value":{"__proto__":{"polluted":1},"constructor":[1]}},' +
        '{"field":"messages","value":{"messages":[{"id":"a","from":"15550100101","type":"constructor"}],"toString":[1]}}]}]}',
    );
    expect(parse(hostile).map(({ kind }) => kind)).toEqual(["notice", "unknown", "unknown"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("a full batch", () => {
  test("of 1000 messages of 1000 people is read in a moment, each with its own sender", () => {
    const phones = Array.from({ length: 1000 }, (_, index) => String(15_550_000_000 + index));
    const contacts = phones.map((phone) => ({ wa_id: phone, profile: { name: `Person ${phone}` } }));
    const messages = phones.map((from) => ({ from, id: `wamid.${from}`, type: "text", text: { body: from } }));
    const events = parse({ entry: [{ changes: [{ field: "messages", value: { contacts, messages } }] }] });
    expect(events).toHaveLength(1000);
    for (const event of events)
      expect(event).toMatchObject({ from: { name: `Person ${event.key.slice("msg:wamid.".length)}` } });
  }, 5_000);
});

describe("keys", () => {
  test("are the same when a webhook is delivered again later", () => {
    for (const { body } of own) {
      const later = parseCloudApi(structuredClone(body), { receivedAt: new Date("2026-09-29T12:00:00Z") });
      expect(later.map(({ key }) => key)).toEqual(parse(body).map(({ key }) => key));
    }
  });

  test("do not depend on the neighbours in the batch", () => {
    const body = own.find(({ name }) => name === "status-new-name")?.body;
    const neighbour = own.find(({ name }) => name === "text")?.body;
    // SAFETY: own fixtures are well formed.
    const entries = [neighbour, body].flatMap((one) => (one as { entry: unknown[] }).entry);
    expect(parse({ entry: entries }).at(-1)?.key).toBe(parse(body)[0]?.key);
  });

  test("tell the same news at another time apart", () => {
    const at = (time: number) =>
      parse({ entry: [{ id: "2", time, changes: [{ field: "security", value: { event: "PIN_CHANGED" } }] }] })[0]?.key;
    expect(at(1790000000)).not.toBe(at(1790000001));
    expect(at(1790000000)).toBe(at(1790000000));
  });

  test("of an id too long for an index row are digests", () => {
    const message = { id: "x".repeat(5000), from: "15550100101", type: "text", text: { body: "a" } };
    const [event] = parse({ entry: [{ changes: [{ field: "messages", value: { messages: [message] } }] }] });
    expect(event).toMatchObject({ kind: "unknown", key: expect.stringMatching(/^raw:[0-9a-f]{64}$/) });
  });
});

describe("a sender's name", () => {
  test("cannot claim another person's user id in the sentence about a changed one", () => {
    const system = {
      type: "user_changed_user_id",
      user_id: "US.3",
      body: "User X changed from US.VICTIM to US.3 changed from US.2 to US.3",
    };
    const [event] = parse({
      entry: [{ changes: [{ field: "messages", value: { messages: [{ id: "w", type: "system", system }] } }] }],
    });
    expect(event).toMatchObject({ from: { identities: [{ value: "US.2" }, { value: "US.3" }] } });
  });
});

describe("times", () => {
  const timeOf = (timestamp: unknown) =>
    parse({ entry: [{ changes: [{ field: "messages", value: { messages: [{ timestamp }] } }] }] })[0]?.occurredAt;

  test.each([
    ["0"],
    ["-5"],
    ["1e9"],
    ["soon"],
    [""],
    [null],
    [{}],
    ["99999999999"],
    ["1790000000000"],
    [Number.MAX_VALUE],
  ])("%j counts as missing", (timestamp) => expect(timeOf(timestamp)).toBe(receivedAt.toISOString()));

  test.each([["1504902988"], [1504902988]])("%j is seconds", (timestamp) =>
    expect(timeOf(timestamp)).toBe("2017-09-08T20:36:28.000Z"),
  );
});

describe("arbitrary JSON", () => {
  test("never throws, whatever it is", () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (body) => parse(body).length >= 1));
    fc.assert(fc.property(fc.anything(), (body) => parse(body).length >= 1));
  });

  test("never throws in any place of a real webhook, and loses no item", () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(null, "", 0, [], {}, "US.1", "\ud800\u0000", [null]),
    );
    const place = fc.array(fc.nat(50), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.constantFrom(...own),
        fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 4 }),
        ({ body }, changes) => {
          const mutated = structuredClone(body);
          for (const [path, replacement] of changes) replaceAt(mutated, path, structuredClone(replacement));
          const events = parse(mutated);
          expect(events.length).toBeGreaterThanOrEqual(countItems(mutated));
          for (const event of events) expectSound(event);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe.skipIf(corpus === undefined)(`the corpus of other projects' webhooks in ${corpusFolder}`, () => {
  test.each(corpus ?? [])("$name is read completely", ({ body }) => {
    const events = parse(body);
    expect(events.length).toBeGreaterThanOrEqual(countItems(body));
    for (const event of events) expectSound(event);
  });

  test("holds few webhooks that are not understood", () => {
    const reasons = (corpus ?? []).flatMap(({ body }) =>
      parse(body).flatMap((event) => (event.kind === "unknown" ? [event.reason] : [])),
    );
    // Placeholders instead of numbers, two changes without a field, an interactive message without its content.
    expect(new Set(reasons)).toEqual(
      new Set([
        "a message from nobody",
        "a change without a field",
        "a message of type interactive without its content",
      ]),
    );
  });
});
if (corpus === undefined)
  console.warn(
    `The corpus tests are skipped: there is no ${corpusFolder}/index.json (FIXTURES_DIR may name another folder).`,
  );

/** What must hold for every event, also of a hostile webhook. */
function expectSound(event: InboundEvent): void {
  expect(event.key).toMatch(/^(msg:|status:|raw:[0-9a-f]{64}$)/);
  expect(event.key.length).toBeLessThan(1100);
  expect(Number.isNaN(Date.parse(event.occurredAt))).toBe(false);
  expect(JSON.stringify(event)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
  const party = event.kind === "echo" ? event.to : "from" in event ? event.from : undefined;
  if (party === undefined) return;
  expect(party.identities.some(({ kind }) => kind !== "username")).toBe(true);
  for (const { kind, value } of party.identities) {
    expect(value).not.toBe("");
    if (kind === "phone") expect(value).toMatch(/^\+?\d+$/);
    if (kind === "username") expect(value.startsWith("@")).toBe(false);
  }
}

/** Walks down by position and replaces what is found there. */
function replaceAt(target: unknown, path: readonly number[], replacement: unknown): void {
  let current = target;
  for (const [depth, position] of path.entries()) {
    if (typeof current !== "object" || current === null) return;
    const keys = Object.keys(current);
    const key = keys[position % Math.max(1, keys.length)];
    if (key === undefined) return;
    // SAFETY: an own key of this object.
    const holder = current as Record<string, unknown>;
    if (depth === path.length - 1 || typeof holder[key] !== "object" || holder[key] === null) {
      holder[key] = replacement;
      return;
    }
    current = holder[key];
  }
}

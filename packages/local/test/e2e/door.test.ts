// The webhook's door, through the real gateway into the real database: what it refuses, what it takes, and the id that
// ties a webhook to the answer's way out.
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { factsOf } from "./corpus.ts";
import { type E2e, portsOf, postWebhook, report, sign, startE2e, textWebhook, waitFor } from "./e2e.ts";
import { startWire, type Wire } from "./wire.ts";

const BASE = 29150;
const LIMIT = 3 * 1024 * 1024;
const SECOND_SECRET = "the-second-secret-of-a-rotation";
const ports = portsOf(BASE);
let e2e: E2e;
let wire: Wire | undefined;

beforeAll(async () => {
  wire = await startWire(ports.wire, ports);
  const env = { WHATSAPP_APP_SECRETS: `first-secret, ${SECOND_SECRET}`, GRAPH_API_URL: wire.url };
  e2e = await startE2e({ name: "door", base: BASE, env });
});
afterAll(async () => {
  await e2e?.close();
  await wire?.close();
});
beforeEach(async () => {
  await e2e.sql("truncate public.contacts, app.processed_messages, app.webhook_events, app.orphan_statuses cascade");
});

/** Rows of every table that a webhook can write to. */
async function rows() {
  const [row] = await e2e.sql(`
    select (select count(*) from public.messages where direction = 'in') as messages,
           (select count(*) from app.processed_messages) as processed,
           (select count(*) from app.webhook_events) as raw`);
  return row;
}

const nothing = { messages: 0, processed: 0, raw: 0 };
const one = () => textWebhook([{ from: "15550100077", id: "wamid.DOOR1", text: "Hello" }]);

describe("what is not Meta's", () => {
  test.each([
    ["another secret", (body: string) => sign("not the secret", body)],
    ["no signature", () => ""],
    ["a signature of other bytes", (body: string) => sign("first-secret", `${body} `)],
    [
      "a signature in the form of the old header",
      (body: string) => sign("first-secret", body).replace("sha256", "sha1"),
    ],
  ])("is refused with 401 and leaves nothing: %s", async (_what, signature) => {
    const body = JSON.stringify(one());
    const answer = await postWebhook(e2e.stack, body, { headers: { "x-hub-signature-256": signature(body) } });
    expect(answer.status).toBe(401);
    expect(await rows()).toEqual(nothing);
  });

  test("malformed JSON is refused with 400", async () => {
    for (const body of [
      "{",
      "",
      '{"entry": [}',
      new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
      "[".repeat(5000) + "]".repeat(5000),
    ])
      expect((await postWebhook(e2e.stack, body)).status).toBe(400);
    expect(await rows()).toEqual(nothing);
  });

  test("another path is 404, another method is refused", async () => {
    const functions = e2e.stack.urls.functions;
    expect((await fetch(`${functions}/wa-webhook/else`, { method: "POST", body: "{}" })).status).toBe(404);
    expect((await fetch(e2e.stack.urls.webhook, { method: "PUT", body: "{}" })).status).toBe(405);
    expect((await fetch(`${functions}/queue-worker`, { method: "POST" })).status).toBe(401);
  });
});

describe("the set-up question", () => {
  const ask = (query: Record<string, string>) => fetch(`${e2e.stack.urls.webhook}?${new URLSearchParams(query)}`);
  test("is answered with the challenge for the right token, else with 403", async () => {
    const right = {
      "hub.mode": "subscribe",
      "hub.challenge": "1158201444",
      "hub.verify_token": e2e.stack.keys.verifyToken,
    };
    const answer = await ask(right);
    expect([answer.status, await answer.text()]).toEqual([200, "1158201444"]);
    expect((await ask({ ...right, "hub.verify_token": "wrong" })).status).toBe(403);
    expect((await ask({ ...right, "hub.mode": "unsubscribe" })).status).toBe(403);
    expect((await ask({})).status).toBe(403);
  });
});

describe("large bodies", () => {
  test("1,000 updates in just under 3 MB are taken in whole", async () => {
    const updates = Array.from({ length: 1000 }, (_, index) => ({
      from: String(15553000000 + (index % 50)),
      id: `wamid.LARGE${index}`,
      text: "x".repeat(2800),
    }));
    const [last, ...others] = updates;
    const body = (length: number) =>
      JSON.stringify(
        textWebhook([...others, { ...(last ?? others[0]), text: "x".repeat(length) } as (typeof updates)[0]]),
      );
    const full = body(LIMIT - body(0).length);
    expect(Buffer.byteLength(full)).toBe(LIMIT);
    const answer = await postWebhook(e2e.stack, full);
    expect([answer.status, await answer.json()]).toEqual([200, { received: 1000, stored: 1000, duplicates: 0 }]);
    expect(await rows()).toEqual({ messages: 1000, processed: 1000, raw: 0 });
    const gaps = await e2e.sql(`
      select conversation_id from public.messages group by 1 having count(*) <> 20 or max(position) <> 20`);
    expect(gaps).toEqual([]);
    report("door", { bytes: full.length, stored: 1000 });
  });

  test("one byte more than 3 MB is refused with 413", async () => {
    const body = "x".repeat(LIMIT + 1);
    expect((await postWebhook(e2e.stack, body)).status).toBe(413);
    expect(await rows()).toEqual(nothing);
  });

  test("so is a stream without a length", async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = http.request(e2e.stack.urls.webhook, { method: "POST" }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      request.on("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? undefined : reject(error)));
      for (let sent = 0; sent <= LIMIT; sent += 65_536) request.write(Buffer.alloc(65_536, "x"));
      request.end();
    });
    expect(status).toBe(413);
    expect(await rows()).toEqual(nothing);
  });
});

describe("what Meta sends", () => {
  const text = 'Grüße 👩‍👩‍👧‍👦 from "São Paulo" / <b>50%</b> @café \\ 日本語 \u2028';

  test.each([
    ["as UTF-8", (body: string) => body],
    ["escaped, as Meta signs it", (body: string) => escaped(body)],
  ])("keeps every character: %s", async (_what, form) => {
    const body = form(JSON.stringify(textWebhook([{ from: "15550100077", id: "wamid.CHARS", text }])));
    expect((await postWebhook(e2e.stack, body)).status).toBe(200);
    expect(await e2e.sql("select body from public.messages where direction = 'in'")).toEqual([{ body: text }]);
  });

  test("is known by either of two app secrets", async () => {
    for (const [index, secret] of ["first-secret", SECOND_SECRET].entries()) {
      const body = JSON.stringify(textWebhook([{ from: "15550100077", id: `wamid.SECRET${index}`, text: "Hi" }]));
      expect((await postWebhook(e2e.stack, body, { secret })).status).toBe(200);
    }
    expect(await rows()).toEqual({ messages: 2, processed: 2, raw: 0 });
  });

  test("counts once however often it comes", async () => {
    const body = JSON.stringify(one());
    const answers = await Promise.all(Array.from({ length: 20 }, () => postWebhook(e2e.stack, body)));
    const counts = await Promise.all(answers.map(async (answer) => (await answer.json()) as { stored: number }));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(counts.reduce((sum, { stored }) => sum + stored, 0)).toBe(1);
    expect(await rows()).toEqual({ messages: 1, processed: 1, raw: 0 });
  });

  test("is kept also where an item is poisonous: the others are stored, the poison is kept raw", async () => {
    const file = path.join(e2e.stack.root, "packages/commons/fixtures/cloud-api/poisoned-batch.json");
    const batch = readFileSync(file);
    expect((await postWebhook(e2e.stack, batch)).status).toBe(200);
    const stored = await e2e.sql<{ id: string }>("select provider_message_id as id from public.messages order by 1");
    expect(stored.map(({ id }) => id)).toEqual(["wamid.FIXTURE0036", "wamid.P7", "wamid.P8"]);
    const facts = new Set(factsOf(JSON.parse(batch.toString())).map(({ place, id }) => `${place} ${id}`));
    expect(await rows()).toEqual({ messages: 3, processed: 4, raw: facts.size - 4 });
  });

  test("is kept also where the database itself refuses one item", async () => {
    await e2e.sql(`
      create function public.refuse() returns trigger language plpgsql as $$
      begin
        if new.provider_message_id = 'wamid.POISON' then raise exception 'poison'; end if;
        return new;
      end $$;
      create trigger refuse before insert on public.messages for each row execute function public.refuse()`);
    try {
      const updates = ["A", "POISON", "B"].map((id) => ({ from: "15550100077", id: `wamid.${id}`, text: id }));
      const body = JSON.stringify(textWebhook(updates));
      expect((await postWebhook(e2e.stack, body)).status).toBe(200);
      expect(await rows()).toEqual({ messages: 2, processed: 2, raw: 1 });
      expect(
        await e2e.sql("select error ->> 'message' as error, payload #>> '{message,id}' as id from app.webhook_events"),
      ).toEqual([{ error: "poison", id: "wamid.POISON" }]);
    } finally {
      await e2e.sql("drop function public.refuse() cascade");
    }
  });
});

test("the correlation id of a webhook is in everything that follows from it, up to the call of the Graph API", async () => {
  const id = "e2e.correlation-0001";
  const phone = "15550100042"; // on the simulator from the start
  await e2e.simulator.chaos({ throttle: { windowHours: null } }); // this message does not come from the simulator's phone
  const body = JSON.stringify(
    textWebhook([{ from: phone, id: "wamid.CORRELATED", text: "What are your opening hours?" }]),
  );
  const answer = await postWebhook(e2e.stack, body, { headers: { "x-correlation-id": id } });
  expect([answer.status, answer.headers.get("x-correlation-id")]).toEqual([200, id]);
  await waitFor("the answer is on the phone", async () =>
    (await e2e.simulator.thread(phone)).some(({ direction }) => direction === "out"),
  );
  const found = await e2e.sql(`
    select (select array_agg(distinct correlation_id) from public.messages) as messages,
           (select array_agg(distinct correlation_id) from app.turns) as turns,
           (select array_agg(distinct correlation_id) from app.outbound_message) as outbound`);
  expect(found).toEqual([{ messages: [id], turns: [id], outbound: [id] }]);
  const calls = (wire?.exchanges ?? []).filter(
    ({ kind, headers }) => kind === "graph" && headers["x-correlation-id"] === id,
  );
  const kinds = calls.map(({ body: sent }) => (JSON.parse(sent).status === "read" ? "read mark" : "answer"));
  expect([...new Set(kinds)].sort()).toEqual(["answer", "read mark"]);

  const malformed = await postWebhook(e2e.stack, JSON.stringify(one()), {
    headers: { "x-correlation-id": "no good\tid" },
  });
  expect(malformed.headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
});

/** JSON in the form that Meta signs: pure ASCII, with some characters escaped beyond need. */
function escaped(json: string): string {
  return json
    .replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replace(/\//g, "\\/")
    .replace(/[<%@]/g, (char) => `\\u00${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

// The webhook's door. Routing and refusals with a database that records its calls; the way into Postgres with a real
// one when TEST_DATABASE_URL is set.
import { match, ok, deepStrictEqual as same } from "node:assert/strict";
import { callValue, createDatabase, type Database } from "@switchboard/commons/db/database.ts";
import { upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { readSettings } from "@switchboard/commons/env.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { createApp, webhookSettings } from "./app.ts";

const SECRET = "the app secret";
const URL_OF_DOOR = "http://door.test/wa-webhook/cloud-api";
const MESSAGE = {
  object: "whatsapp_business_account",
  entry: [
    {
      id: "2000",
      changes: [
        {
          field: "messages",
          value: {
            messaging_product: "whatsapp",
            metadata: { display_phone_number: "1", phone_number_id: "1000" },
            contacts: [{ wa_id: "15550100", profile: { name: "Ana" } }],
            messages: [
              { id: "wamid.1", from: "15550100", timestamp: "1763633400", type: "text", text: { body: "Hi" } },
            ],
          },
        },
      ],
    },
  ],
};

interface Given {
  readonly ingest?: () => Record<string, unknown>;
  readonly drain?: "auto" | "off";
  readonly db?: Database;
}

/** A door, and what it did. */
function doorOf({ ingest = () => ({}), drain = "auto", db }: Given = {}) {
  const queries: (readonly unknown[])[] = [];
  const drains: string[] = [];
  const lines: string[] = [];
  const recorder: Database = {
    query: (_text, values) => {
      queries.push(values);
      const result = { stored: 1, duplicates: 0, raw: 0, failed: 0, wake: false, ...ingest() };
      return Promise.resolve({ rows: [{ ingest_events: result }] });
    },
  };
  const settings = readSettings(webhookSettings, {
    SUPABASE_DB_URL: "postgresql://postgres@127.0.0.1/postgres",
    SUPABASE_URL: "http://127.0.0.1:1",
    SUPABASE_SECRET_KEYS: '{"default":"sb_secret_test"}',
    WHATSAPP_APP_SECRETS: `an older secret,${SECRET}`,
    WHATSAPP_VERIFY_TOKEN: "the verify token",
    SERVERLESS_DRAIN: drain,
  });
  const log = createLogger("test", "debug", (line) => lines.push(line));
  const app = createApp({ db: db ?? recorder, log, settings, startDrain: (id) => drains.push(id) });
  return { app, queries, drains, lines };
}

async function signatureOf(body: Uint8Array<ArrayBuffer>, secret: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, body));
  return `sha256=${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** A POST as Meta makes it. */
async function post(body: unknown, headers: Record<string, string> = {}): Promise<Request> {
  const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  const signed = { "x-hub-signature-256": await signatureOf(bytes, SECRET), "content-type": "application/json" };
  return new Request(URL_OF_DOOR, { method: "POST", body: bytes, headers: { ...signed, ...headers } });
}

const question = (token: string, mode = "subscribe") =>
  `${URL_OF_DOOR}?hub.mode=${mode}&hub.challenge=1158201444&hub.verify_token=${encodeURIComponent(token)}`;

Deno.test("GET answers Meta's question with the challenge alone", async () => {
  const response = await doorOf().app.request(question("the verify token"));
  same(response.status, 200);
  match(response.headers.get("content-type") ?? "", /^text\/plain/);
  same(await response.text(), "1158201444");
});

for (const [name, url] of [
  ["a wrong token", question("another token")],
  ["an empty token", question("")],
  ["another mode", question("the verify token", "unsubscribe")],
  ["nothing", URL_OF_DOOR],
] as const)
  Deno.test(`GET with ${name} is refused`, async () => {
    const response = await doorOf().app.request(url);
    same(response.status, 403);
    ok(!(await response.text()).includes("1158201444"));
  });

Deno.test("a signed POST is taken in by one call of the engine", async () => {
  const { app, queries, drains } = doorOf();
  const response = await app.request(await post(MESSAGE, { "x-correlation-id": "corr-from-outside" }));
  same(response.status, 200);
  same(await response.json(), { received: 1, stored: 1, duplicates: 0 });
  same(response.headers.get("x-correlation-id"), "corr-from-outside");
  same(queries.length, 1);
  const [provider, events] = queries[0] ?? [];
  same(provider, "cloud_api");
  const [event] = JSON.parse(String(events));
  same([event.kind, event.account, event.correlation_id], ["message", "1000", "corr-from-outside"]);
  same(drains, []);
});

Deno.test("the content type is of no account, a new correlation id is made and sent back", async () => {
  const { app, queries } = doorOf();
  const response = await app.request(await post(MESSAGE, { "content-type": "text/plain" }));
  same(response.status, 200);
  const id = response.headers.get("x-correlation-id") ?? "";
  match(id, /^[0-9a-f-]{36}$/);
  same(JSON.parse(String(queries[0]?.[1]))[0].correlation_id, id);
});

Deno.test("an older secret is accepted while it is rotated", async () => {
  const bytes = new TextEncoder().encode(JSON.stringify(MESSAGE));
  const signature = await signatureOf(bytes, "an older secret");
  same((await doorOf().app.request(await post(MESSAGE, { "x-hub-signature-256": signature }))).status, 200);
});

for (const [name, signature] of [
  ["a signature of another body", await signatureOf(new TextEncoder().encode("{}"), SECRET)],
  ["a signature under another secret", await signatureOf(new TextEncoder().encode(JSON.stringify(MESSAGE)), "guess")],
  ["no signature", ""],
  ["a signature that is none", "sha256=00"],
] as const)
  Deno.test(`a POST with ${name} is refused, and Postgres is not asked`, async () => {
    const { app, queries, lines } = doorOf({ ingest: () => ({ wake: true }) });
    const response = await app.request(await post(MESSAGE, { "x-hub-signature-256": signature }));
    same(response.status, 401);
    same(queries, []);
    ok(response.headers.has("x-correlation-id"));
    ok(!lines.join().includes("15550100"));
  });

for (const [name, body] of [
  ["malformed JSON", '{"object":'],
  ["no body", ""],
  ["101 levels", "[".repeat(101) + "]".repeat(101)],
  ["a million brackets", "[".repeat(1_000_000)],
] as const)
  Deno.test(`a signed POST with ${name} is refused with 400`, async () => {
    const { app, queries, lines } = doorOf();
    const response = await app.request(await post(body));
    same(response.status, 400);
    same(queries, []);
    match(lines.join(), /body_malformed/);
  });

Deno.test("JSON that is no webhook is kept raw, not refused: sending it again would not make it better", async () => {
  for (const body of ["null", "7", '"text"', "[]", "{}"]) {
    const { app, queries } = doorOf();
    same((await app.request(await post(body))).status, 200);
    same(queries.length, 1);
  }
});

Deno.test("three megabytes are taken, a byte more is refused with 413", async () => {
  const limit = 3 * 1024 * 1024;
  const padded = (size: number) => {
    const frame = JSON.stringify({ ...MESSAGE, padding: "" }).length;
    return JSON.stringify({ ...MESSAGE, padding: "x".repeat(size - frame) });
  };
  same((await doorOf().app.request(await post(padded(limit)))).status, 200);
  const { app, queries } = doorOf();
  same((await app.request(await post(padded(limit + 1)))).status, 413);
  same(queries, []);
});

for (const [name, headers] of [
  ["in pieces, without a length", {}],
  ["whose length lies", { "content-length": "10" }],
] as const)
  Deno.test(`a body that is too large is refused with 413, ${name}`, async () => {
    let pulled = 0;
    const piece = new Uint8Array(256 * 1024);
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(piece);
      },
    });
    const response = await doorOf().app.request(new Request(URL_OF_DOOR, { method: "POST", body, headers }));
    same(response.status, 413);
    ok(pulled <= 15, `read ${pulled} pieces of 256 KiB`);
  });

Deno.test("a content-length beyond the limit is refused before the body is read", async () => {
  const request = await post(MESSAGE, { "content-length": "3145729" });
  same((await doorOf().app.request(request)).status, 413);
  same(request.bodyUsed, false);
});

Deno.test("a database that is away is 503 with a time to come back", async () => {
  const ingest = () => {
    throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  };
  const response = await doorOf({ ingest, drain: "auto" }).app.request(await post(MESSAGE));
  same([response.status, response.headers.get("retry-after")], [503, "5"]);
});

Deno.test("anything unexpected is 500, and says nothing of its cause", async () => {
  const ingest = () => {
    throw new Error("relation app.secret_name does not exist");
  };
  const { app, lines } = doorOf({ ingest });
  const response = await app.request(await post(MESSAGE, { "x-correlation-id": "corr-unexpected" }));
  same(response.status, 500);
  ok(!(await response.text()).includes("secret_name"));
  same(response.headers.get("x-correlation-id"), "corr-unexpected");
  match(lines.join(), /"level":"error".*corr-unexpected/);
});

for (const [wake, drain, expected] of [
  [true, "auto", ["corr-of-the-wake"]],
  [false, "auto", []],
  [true, "off", []],
] as const)
  Deno.test(`wake ${wake} with SERVERLESS_DRAIN=${drain}: ${expected.length} drains`, async () => {
    const { app, drains } = doorOf({ ingest: () => ({ wake }), drain });
    await app.request(await post(MESSAGE, { "x-correlation-id": "corr-of-the-wake" }));
    same(drains, [...expected]);
  });

Deno.test("items that could not be ingested are told as an error, and the answer is 200 all the same", async () => {
  const { app, lines } = doorOf({ ingest: () => ({ failed: 1 }) });
  same((await app.request(await post(MESSAGE))).status, 200);
  match(lines.join(), /"level":"error".*webhook_events/);
});

for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"])
  Deno.test(`${method} is 405 and names what is allowed`, async () => {
    const response = await doorOf().app.request(URL_OF_DOOR, { method });
    same([response.status, response.headers.get("allow")], [405, "GET, HEAD, POST"]);
  });

Deno.test("HEAD is the GET without its body", async () => {
  const response = await doorOf().app.request(question("the verify token"), { method: "HEAD" });
  same([response.status, await response.text()], [200, ""]);
});

Deno.test("another path is 404 and names the right one", async () => {
  const response = await doorOf().app.request("http://door.test/wa-webhook/elsewhere");
  same(response.status, 404);
  match(await response.text(), /\/wa-webhook\/cloud-api/);
});

const databaseUrl = Deno.env.get("TEST_DATABASE_URL") ?? "";
const name = "the way into Postgres: stored once, a duplicate the second time";
Deno.test({
  name: databaseUrl === "" ? `${name} (skipped: TEST_DATABASE_URL is not set)` : name,
  ignore: databaseUrl === "",
  fn: async () => {
    const db = createDatabase({ url: databaseUrl, role: "service_role", size: 2, applicationName: "test" });
    try {
      const id = crypto.randomUUID();
      const number = `7${id.replaceAll(/\D/g, "")}`;
      const tenant = await upsertTenant(db, 32_100, `door-${id}`, "Door");
      const account = {
        provider: "cloud_api",
        externalId: number,
        displayPhone: "",
        name: "Door",
        agent: "agent:door",
      };
      await upsertWhatsappAccount(db, 32_100, tenant, account);
      const body = JSON.stringify(MESSAGE).replace('"1000"', `"${number}"`).replace("wamid.1", `wamid.${id}`);
      const { app, drains } = doorOf({ db });
      same(await (await app.request(await post(body))).json(), { received: 1, stored: 1, duplicates: 0 });
      same(await (await app.request(await post(body))).json(), { received: 1, stored: 0, duplicates: 1 });
      same(drains.length, (await callValue(db, "runner_is_alive", {})) ? 0 : 2);
    } finally {
      await db.end();
    }
  },
});

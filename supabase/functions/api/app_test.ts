// The API's door over a real Postgres: who may call, what is refused and how, sending, looking, pages.
import { match, ok, deepStrictEqual as same } from "node:assert/strict";
import { revokeApiKey } from "@switchboard/commons/db/api.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { createRemoteJWKSet } from "jose";
import { createApp } from "./app.ts";
import { MESSAGES, NOBODY, PIXEL, refusal, send, TEXT, upload } from "./test/client.ts";
import { databaseTest, prefixOf, request } from "./test/world.ts";

databaseTest("a message is queued, and where to look for it is told", async (world) => {
  const house = await world.house();
  const { response, body } = await send(world, house);
  same([response.status, body.status, body.author, body.content], [202, "QUEUED", "system", TEXT]);
  same(response.headers.get("location"), `http://project.test/functions/v1/api${MESSAGES}/${body.id}`);
  const seen = await world.app.request(request(`${MESSAGES}/${body.id}`, { key: house.key }));
  same([seen.status, (await seen.json()).attempts], [200, []]);
});

databaseTest("a message goes into a conversation that there is, and to a user id", async (world) => {
  const house = await world.house();
  const known = await send(world, house, { to: { conversation_id: house.conversationId } });
  same([known.response.status, known.body.conversation_id], [202, house.conversationId]);
  const byId = await send(world, house, { to: { bsuid: "US.13491208655302741918" } });
  same(byId.response.status, 202);
  ok(byId.body.conversation_id !== house.conversationId);
});

databaseTest(
  "a signed-in member sends as a person, and the audit log knows who it was and from where",
  async (world) => {
    const house = await world.house();
    const { token, userId } = await world.member("agent", house);
    const headers = { "x-forwarded-for": "203.0.113.7, 10.0.0.1", "user-agent": "test/1" };
    const { body, response } = await send(world, { ...house, key: token }, {}, headers);
    same([response.status, body.author], [202, "person"]);
    const { rows } = await world.db.query(
      "select actor, action, host(ip) as ip, user_agent from public.audit_logs where shard = 0 and resource_id = $1",
      [body.id],
    );
    same(rows, [{ actor: `user:${userId}`, action: "CREATED", ip: "203.0.113.7", user_agent: "test/1" }]);
  },
);

databaseTest("the same Idempotency-Key sends once; with another message it is refused", async (world) => {
  const house = await world.house();
  const first = await send(world, house, {}, { "idempotency-key": "order-1" });
  const again = await send(world, house, { idempotency_key: "order-1" });
  same([again.response.status, again.body.id], [202, first.body.id]);
  same(
    [first, again].map(({ response }) => response.headers.get("idempotency-replayed")),
    [null, "true"],
  );
  const other = { key: house.key, json: { to: "+15550107777", content: { type: "text", text: "Another" } } };
  const headers = { "idempotency-key": "order-1" };
  same(await refusal(world, request(MESSAGES, { ...other, headers })), [409, "conflict"]);
  const disagreeing = { ...other, json: { ...other.json, idempotency_key: "order-2" }, headers };
  same(await refusal(world, request(MESSAGES, disagreeing)), [422, "validation_failed"]);
});

databaseTest("a list goes on from page to page without losing or repeating anything", async (world) => {
  const house = await world.house();
  const sent: string[] = [];
  for (let index = 0; index < 5; index += 1) sent.push((await send(world, house)).body.id);
  const listed: string[] = [];
  let path: string | null = `${MESSAGES}?limit=2&conversation_id=${(await send(world, house)).body.conversation_id}`;
  let pages = 0;
  while (path !== null) {
    const response: Response = await world.app.request(request(path, { key: house.key }));
    const body: { items: { id: string }[]; next: string | null } = await response.json();
    listed.push(...body.items.map(({ id }) => id));
    same(response.headers.get("link"), body.next === null ? null : `<${body.next}>; rel="next"`);
    path = body.next?.replace("http://project.test/functions/v1/api", "") ?? null;
    pages += 1;
  }
  same([pages, listed.slice(1)], [3, sent.toReversed()]);
  const none = await world.app.request(request(`${MESSAGES}?status=FAILED`, { key: house.key }));
  same(await none.json(), { items: [], next_cursor: null, next: null });
  const early = await world.app.request(
    request(`${MESSAGES}?created_before=2020-01-01T00:00:00%2B20:00`, { key: house.key }),
  );
  same((await early.json()).items, []);
});

databaseTest("without a good key or token nobody gets in, and a challenge says what is wanted", async (world) => {
  const house = await world.house();
  const gone = await world.keyOf(house);
  await revokeApiKey(world.db, { shard: 0, tenantId: house.tenantId }, await prefixOf(gone));
  const old = await world.keyOf(house, { expiresAt: new Date(Date.now() + 3_600_000) });
  await world.db.query(
    "update app.api_keys set created_at = created_at - interval '2 days', expires_at = created_at - interval '1 day' where prefix = $1",
    [await prefixOf(old)],
  );
  const { userId } = await world.member("agent", house);
  for (const [name, key, code] of [
    ["none", undefined, "no_credentials"],
    ["a revoked key", gone, "invalid_key"],
    ["an expired key", old, "invalid_key"],
    ["a key whose secret is another's", house.key.slice(0, -1) + (house.key.endsWith("A") ? "B" : "A"), "invalid_key"],
    ["a key that is none", "sbk_short", "invalid_key"],
    ["a token that is none", "nonsense", "invalid_token"],
    ["a token that has expired", await world.token({ sub: userId, role: "authenticated" }, "-1h"), "invalid_token"],
    ["a service role's token", await world.token({ sub: userId, role: "service_role" }), "invalid_token"],
    [
      "an unsigned token",
      `${btoa('{"alg":"none"}')}.${btoa(`{"sub":"${userId}","role":"authenticated"}`)}.`,
      "invalid_token",
    ],
  ] as const) {
    const response = await world.app.request(request(MESSAGES, key === undefined ? {} : { key }));
    same([name, response.status, (await response.json()).code], [name, 401, code]);
    match(response.headers.get("www-authenticate") ?? "", /^Bearer realm=/);
  }
});

databaseTest("a member of several tenants names one; a member of none is refused", async (world) => {
  const [one, two, strange] = [await world.house(), await world.house(), await world.house()];
  const { token } = await world.member("owner", one, two);
  same(await refusal(world, request(MESSAGES, { key: token })), [403, "which_tenant"]);
  const named = (slug: string) => request(MESSAGES, { key: token, headers: { "switchboard-tenant": slug } });
  same((await world.app.request(named(two.slug))).status, 200);
  same(await refusal(world, named(strange.slug)), [403, "no_tenant"]);
  same(await refusal(world, request(MESSAGES, { key: (await world.member("owner")).token })), [403, "no_tenant"]);
});

databaseTest("a viewer, and a key that may only read, read and send nothing", async (world) => {
  const house = await world.house();
  const readers = [
    (await world.member("viewer", house)).token,
    await world.keyOf(house, { scopes: ["messages:read"] }),
  ];
  for (const key of readers) {
    same((await world.app.request(request(MESSAGES, { key }))).status, 200);
    const json = { to: "+15550107777", content: TEXT };
    same(await refusal(world, request(MESSAGES, { key, json })), [403, "scope_missing"]);
  }
  const { rows } = await world.db.query("select count(*)::int as n from app.outbound_message where tenant_id = $1", [
    house.tenantId,
  ]);
  same(rows, [{ n: 0 }]);
});

databaseTest("another tenant's keys and members read nothing and change nothing", async (world) => {
  const [house, thief] = [await world.house(), await world.house()];
  const { body: message } = await send(world, house, { to: { conversation_id: house.conversationId } });
  const { token } = await world.member("owner", thief);
  for (const key of [thief.key, token]) {
    for (const [method, path, json] of [
      ["GET", `${MESSAGES}/${message.id}`, undefined],
      ["POST", `${MESSAGES}/${message.id}/retry`, undefined],
      ["POST", `${MESSAGES}/${message.id}/cancel`, undefined],
      ["GET", `/v1/conversations/${house.conversationId}/timeline`, undefined],
      ["GET", `/v1/conversations/${house.conversationId}`, undefined],
      ["POST", `/v1/conversations/${house.conversationId}/pause`, {}],
      ["POST", `/v1/conversations/${house.conversationId}/resume`, undefined],
      ["POST", MESSAGES, { to: { conversation_id: house.conversationId }, content: TEXT }],
      ["POST", MESSAGES, { to: "+15550107777", content: TEXT, account_id: house.accountId }],
    ] as const)
      same([path, ...(await refusal(world, request(path, { key, method, json })))], [path, 404, "not_found"]);
    const list = await world.app.request(request(`${MESSAGES}?conversation_id=${house.conversationId}`, { key }));
    same((await list.json()).items, []);
  }
  const seen = await world.app.request(request(`${MESSAGES}/${message.id}`, { key: house.key }));
  same((await seen.json()).status, "QUEUED");
});

databaseTest("a key's limit is told with every answer, and held", async (world) => {
  const house = await world.house();
  const key = await world.keyOf(house, { perMinute: 2 });
  const missing = await world.app.request(request(`${MESSAGES}/${NOBODY}`, { key: house.key }));
  same([missing.status, missing.headers.get("ratelimit-remaining")], [404, "59999"]);
  const first = await world.app.request(request(MESSAGES, { key }));
  same(first.headers.get("ratelimit-policy"), '"caller";q=2;w=60');
  match(first.headers.get("ratelimit") ?? "", /^"caller";r=1;t=\d+$/);
  same([first.headers.get("ratelimit-limit"), first.headers.get("ratelimit-remaining")], ["2", "1"]);
  same((await world.app.request(request(MESSAGES, { key }))).status, 200);
  const refused = await world.app.request(request(MESSAGES, { key }));
  same([refused.status, (await refused.json()).code], [429, "rate_limited"]);
  ok(Number(refused.headers.get("retry-after")) >= 1);
  same((await world.app.request(request(MESSAGES, { key: house.key }))).status, 200);
});

databaseTest("a request that cannot be read, or breaks its schema, is told where", async (world) => {
  const { key } = await world.house();
  const post = (body: BodyInit, type = "application/json") =>
    new Request(`http://door.test/api${MESSAGES}`, {
      method: "POST",
      body,
      headers: { authorization: `Bearer ${key}`, "content-type": type },
    });
  same(await refusal(world, post("{}", "text/plain")), [415, "unsupported_media_type"]);
  same(await refusal(world, post("{")), [400, "body_malformed"]);
  same(await refusal(world, post("[".repeat(1000))), [400, "body_malformed"]);
  same(await refusal(world, post(JSON.stringify({ text: "x".repeat(256 * 1024) }))), [413, "body_too_large"]);
  const broken = await world.app.request(post(JSON.stringify({ to: 7, content: { type: "text", text: "" }, wish: 1 })));
  const { status, errors } = await broken.json();
  same([status, errors.map(({ path }: { path: string }) => path)], [422, ["body.to", "body.content.text", "body"]]);
  for (const path of [
    `${MESSAGES}/no-uuid`,
    `${MESSAGES}?limit=0`,
    `${MESSAGES}?limit=1&limit=2`,
    `${MESSAGES}?cursor=x`,
    `${MESSAGES}?wish=1`,
  ])
    same([path, ...(await refusal(world, request(path, { key })))], [path, 422, "validation_failed"]);
  same(await refusal(world, request(`${MESSAGES}/${NOBODY}`, { key })), [404, "not_found"]);
});

databaseTest(
  "while the keys of tokens cannot be fetched, a token is neither good nor bad",
  async ({ db, storage, token }) => {
    const keySet = createRemoteJWKSet(new URL("http://127.0.0.1:1/jwks.json"));
    const app = createApp({
      db,
      log: createLogger("test", "silent"),
      keySet,
      storage,
      projectUrl: "http://project.test",
    });
    const response = await app.request(request(MESSAGES, { key: await token({ sub: NOBODY, role: "authenticated" }) }));
    same([response.status, (await response.json()).code], [503, "auth_away"]);
    ok(Number(response.headers.get("retry-after")) > 0);
  },
);

databaseTest("another path is 404, another method 405 with those that there are", async (world) => {
  same(await refusal(world, request("/v2")), [404, "no_such_route"]);
  same(await refusal(world, request(MESSAGES, { method: "DELETE" })), [405, "method_not_allowed"]);
  const response = await world.app.request(request(MESSAGES, { method: "PUT" }));
  same(response.headers.get("allow"), "GET, HEAD, POST");
  const document = await world.app.request(request("/v1/openapi.json"));
  same((await document.json()).openapi, "3.1.1");
});

databaseTest("a file is stored once, however it is uploaded, and goes out by its id", async (world) => {
  const house = await world.house();
  const raw = await world.app.request(upload(house.key, PIXEL, { "content-type": "image/png" }));
  const stored = await raw.json();
  same([raw.status, stored.kind, stored.mime_type, stored.size_bytes], [201, "image", "image/png", PIXEL.length]);
  const form = new FormData();
  form.set("file", new File([PIXEL], "other.png", { type: "image/png" }));
  const packed = new Response(form);
  const body = new Uint8Array(await packed.arrayBuffer());
  const headers = { "content-type": packed.headers.get("content-type") ?? "", "content-length": String(body.length) };
  const again = await world.app.request(upload(house.key, body, headers));
  same([again.status, (await again.json()).id, world.files.size], [201, stored.id, 1]);
  const { response } = await send(world, house, { content: { type: "image", media: { mediaId: stored.id } } });
  same(response.status, 202);
});

databaseTest("what is no file, or none that WhatsApp takes, is refused", async (world) => {
  const { key } = await world.house();
  same(await refusal(world, upload(key, null, { "content-type": "image/png" })), [422, "media_empty"]);
  same(await refusal(world, upload(key, new Uint8Array(), { "content-type": "image/png" })), [422, "media_empty"]);
  same(await refusal(world, upload(key, "<html></html>", { "content-type": "image/png" })), [415, "media_type"]);
  const big = new Uint8Array(5 * 1024 * 1024 + 1);
  big.set(PIXEL);
  same(await refusal(world, upload(key, big, { "content-type": "image/png" })), [413, "media_too_large"]);
  const form = { "content-type": "multipart/form-data; boundary=x" };
  same(await refusal(world, upload(key, "--x", form)), [411, "length_required"]);
  same(await refusal(world, upload(key, "--x", { ...form, "content-length": "3" })), [400, "body_malformed"]);
  same(await refusal(world, upload(key, "--x", { ...form, "content-length": "99999999" })), [413, "body_too_large"]);
  same(world.files.size, 0);
});

databaseTest("templates are listed, of the tenant alone", async (world) => {
  const [house, other] = [await world.house(), await world.house()];
  await world.db.query(
    `insert into public.message_templates (tenant_id, business_id, name, language, category, status, components, changed_at)
     values ($1, 'waba', 'hello', 'en_US', 'UTILITY', 'APPROVED', '[{"type": "BODY", "text": "Hello"}]', now())`,
    [house.tenantId],
  );
  const list = async (key: string) => (await (await world.app.request(request("/v1/templates", { key }))).json()).items;
  const [template] = await list(house.key);
  same([template.name, template.status, template.components], ["hello", "APPROVED", [{ type: "BODY", text: "Hello" }]]);
  same(await list(other.key), []);
});

databaseTest("a message waits for its time", async (world) => {
  const house = await world.house();
  const { body, response } = await send(world, house, { send_at: "2099-01-01T12:00:00+02:00" });
  same([response.status, new Date(body.send_at).toISOString()], [202, "2099-01-01T10:00:00.000Z"]);
});

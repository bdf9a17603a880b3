// The HTTP API from outside, on the whole platform: a program with a key and a signed-in member write to a customer's phone.
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type E2e, startE2e, waitFor } from "./e2e.ts";

const PHONE = "15555000001";
let e2e: E2e;

beforeAll(async () => {
  e2e = await startE2e({ name: "api", base: 28950 });
  await e2e.simulator.write(PHONE, "Do you have vegan dishes?");
  await waitFor("the agent answers", async () => (await sentTexts()).length > 0);
});
afterAll(() => e2e?.close());

const sentTexts = async () =>
  (await e2e.simulator.thread(PHONE)).filter(({ direction }) => direction === "out").map(({ text }) => text);

/** A call of the API. */
async function call(path: string, key: string, json?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${e2e.stack.urls.api}${path}`, {
    method: json === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

test("a program sends with the demo tenant's key, once, and sees it read, and what happened", async () => {
  const key = e2e.stack.keys.api;
  const json = { to: `+${PHONE}`, content: { type: "text", text: "Your table is ready." } };
  const headers = { "idempotency-key": "order-1" };
  const [first, again] = [
    await call("/outbound/messages", key, json, headers),
    await call("/outbound/messages", key, json, headers),
  ];
  expect([first.status, again.status, again.body.id]).toEqual([202, 202, first.body.id]);
  const path = `/outbound/messages/${first.body.id}`;
  expect(first.headers.get("location")).toBe(`${e2e.stack.urls.api}${path}`);

  const message = await waitFor("it is read", async () => {
    const { body } = await call(path, key);
    return body.status === "READ" ? body : undefined;
  });
  expect(message.attempts).toMatchObject([{ attempt: 1, state: "ACCEPTED" }]);
  expect((await sentTexts()).filter((text) => text === json.content.text)).toHaveLength(1);
  expect(await call(`${path}/retry`, key, {})).toMatchObject({ status: 409, body: { code: "conflict" } });

  const { body } = await call(`/conversations/${message.conversation_id}/timeline?limit=100`, key);
  const kinds = body.items.map(({ kind }: { kind: string }) => kind);
  for (const kind of ["MESSAGE_RECEIVED", "TURN", "TOOL_CALL", "MESSAGE_SENT", "MESSAGE_STATUS_UPDATE"])
    expect(kinds).toContain(kind);
}, 60_000);

test("a signed-in member sends, and reads in the audit log that it was so", async () => {
  const client = createClient(e2e.stack.urls.gateway, e2e.stack.keys.publishable, { auth: { persistSession: false } });
  const { data } = await client.auth.signUp({ email: "member@example.com", password: "a long password" });
  const token = data.session?.access_token ?? "";
  const json = { to: `+${PHONE}`, content: { type: "text", text: "I am at your table." } };
  expect(await call("/outbound/messages", token, json)).toMatchObject({ status: 403, body: { code: "no_tenant" } });
  await e2e.sql(
    "insert into public.tenant_members (tenant_id, user_id, role) select id, $1, 'agent' from public.tenants where slug = 'demo'",
    [data.user?.id],
  );
  const { status, body } = await call("/outbound/messages", token, json);
  expect([status, body.author]).toEqual([202, "person"]);
  await waitFor("it arrives", async () => (await sentTexts()).includes(json.content.text));
  const audit = await client
    .from("audit_logs")
    .select("action, actor, ip")
    .eq("resource_id", body.id)
    .order("created_at");
  expect(audit.data?.[0]).toEqual({ action: "CREATED", actor: `user:${data.user?.id}`, ip: "127.0.0.1" });
}, 60_000);

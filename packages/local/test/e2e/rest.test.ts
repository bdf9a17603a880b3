// What signed-in people see of conversations through REST: members everything of their tenant, others nothing, and
// nobody the engine.
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type E2e, report, startE2e, waitFor } from "./e2e.ts";

const PHONE = "15555000001";
const TABLES = [
  "tenants",
  "tenant_members",
  "whatsapp_accounts",
  "contacts",
  "contact_identities",
  "conversations",
  "messages",
];
let e2e: E2e;
let member: SupabaseClient;
let stranger: SupabaseClient;
let anon: SupabaseClient;

beforeAll(async () => {
  e2e = await startE2e({ name: "rest", base: 29400 });
  await e2e.simulator.write(PHONE, "Do you have vegan dishes?");
  await waitFor("the answer is read", async () =>
    (await e2e.simulator.thread(PHONE)).some(({ direction, status }) => direction === "out" && status === "read"),
  );
  anon = client();
  [member, stranger] = await Promise.all([signUp("member@example.com"), signUp("stranger@example.com")]);
  const { data } = await member.auth.getUser();
  await e2e.sql(
    `insert into public.tenant_members (tenant_id, user_id, role)
     select id, $1, 'agent' from public.tenants where slug = 'demo'`,
    [data.user?.id],
  );
});
afterAll(() => e2e?.close());

describe("a member", () => {
  test("sees the tenant's conversations and messages, and where they stand", async () => {
    const { data: conversations, error } = await member.from("conversations").select("id, last_position");
    expect(error).toBeNull();
    expect(conversations).toHaveLength(1);
    const status = await waitFor("the status has come", async () => {
      const { data } = await member.from("messages").select("status").eq("direction", "out");
      return data?.every((row) => row.status === "READ") ? data : undefined;
    });
    const { data: messages } = await member
      .from("messages")
      .select("position, direction, author, body")
      .order("position");
    expect(messages?.[0]).toEqual({
      position: 1,
      direction: "in",
      author: "customer",
      body: "Do you have vegan dishes?",
    });
    expect(messages?.slice(1).map(({ author }) => author)).toEqual(status.map(() => "agent"));
    report("rest", { conversations: conversations?.length, messages: messages?.length });
  });

  test("sees all that the inbox reads", async () => {
    for (const table of TABLES) expect((await rowsOf(member, table)).rows, table).toBeGreaterThan(0);
  });

  test("changes nothing by himself: no message, no conversation, no membership", async () => {
    const { data: tenant } = await member.from("tenants").select("id").single();
    const before = await counts();
    const tries = [
      member.from("messages").update({ body: "changed" }).eq("direction", "in"),
      member.from("conversations").update({ agent_paused_until: "2099-01-01" }).neq("last_position", 0),
      member.from("messages").delete().eq("direction", "in"),
      member.from("tenant_members").update({ role: "owner" }).eq("tenant_id", tenant?.id),
      member.from("tenant_members").insert({ tenant_id: tenant?.id, user_id: crypto.randomUUID() }),
    ];
    for (const answer of await Promise.all(tries)) expect(answer.error).not.toBeNull();
    expect(await counts()).toEqual(before);
  });
});

describe("a signed-in stranger", () => {
  test("sees no row of any table", async () => {
    for (const table of TABLES) expect(await rowsOf(stranger, table), table).toEqual({ rows: 0, refused: false });
  });

  test("cannot make himself a member", async () => {
    const [tenant] = await e2e.sql<{ id: string }>("select id from public.tenants where slug = 'demo'");
    const { data } = await stranger.auth.getUser();
    const row = { tenant_id: tenant?.id, user_id: data.user?.id, role: "owner" };
    expect((await stranger.from("tenant_members").insert(row)).error).not.toBeNull();
    expect(await rowsOf(stranger, "tenants")).toEqual({ rows: 0, refused: false });
  });
});

describe("nobody signed in", () => {
  test("sees nothing", async () => {
    for (const table of TABLES) expect((await rowsOf(anon, table)).rows, table).toBe(0);
  });
});

describe("the engine", () => {
  const tables = [
    "turns",
    "message_queue",
    "outbound_message",
    "processed_messages",
    "whatsapp_account_credentials",
    "workers",
  ];
  const functions = [
    "ingest_events",
    "get_next_queue_message",
    "complete_turn",
    "get_account",
    "start_outbound_attempt",
  ];

  test("is not reached through REST, by nobody", async () => {
    for (const who of [member, anon, client(e2e.stack.keys.secret)]) {
      for (const table of tables) {
        expect((await who.from(table).select("*")).error, table).not.toBeNull();
        expect((await who.schema("app").from(table).select("*")).error, `app.${table}`).not.toBeNull();
      }
      for (const name of functions) {
        expect((await who.rpc(name)).error, name).not.toBeNull();
        expect((await who.schema("app").rpc(name)).error, `app.${name}`).not.toBeNull();
      }
    }
  });

  test("shows a message's way to the service only", async () => {
    const [message] = (await e2e.simulator.thread(PHONE)).filter(({ direction }) => direction === "in");
    const args = { p_provider_message_id: message?.id };
    for (const who of [member, stranger, anon]) expect((await who.rpc("message_trace", args)).error).not.toBeNull();
    const { data, error } = await client(e2e.stack.keys.secret).rpc("message_trace", args);
    expect(error).toBeNull();
    const steps: string[] = data.map(({ step }: { step: string }) => step);
    expect(steps).toEqual(expect.arrayContaining(["ingested", "claimed", "answered", "accepted", "status_read"]));
  });
});

function client(key = e2e.stack.keys.publishable): SupabaseClient {
  return createClient(e2e.stack.urls.gateway, key, { auth: { persistSession: false, autoRefreshToken: false } });
}

async function signUp(email: string): Promise<SupabaseClient> {
  const who = client();
  const { data, error } = await who.auth.signUp({ email, password: "a long enough password" });
  if (error !== null || data.session === null) throw new Error(`${email} could not sign up: ${error?.message}`);
  return who;
}

/** How many rows one sees; a refusal is none. */
async function rowsOf(who: SupabaseClient, table: string) {
  const { data, error } = await who.from(table).select("*");
  return { rows: data?.length ?? 0, refused: error !== null };
}

async function counts() {
  return await e2e.sql(`
    select (select count(*) from public.messages where body <> 'changed') as messages,
           (select count(*) from public.conversations where agent_paused_until is null) as conversations,
           (select count(*) from public.tenant_members where role = 'agent') as members`);
}

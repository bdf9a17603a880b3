// The platform as its users see it: keys and tokens, REST under row level security, Realtime, edge functions.
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../src/stack.ts";
import { answering, createProject, denoDir, notesMigration, portsFrom } from "./project.ts";

const project = createProject({
  "supabase/config.toml": `
project_id = "test"
[functions.open]
verify_jwt = false
[functions.changing]
verify_jwt = false
[functions.env]
verify_jwt = false
[functions.broken]
verify_jwt = false
[functions.off]
enabled = false
[functions.planned]
verify_jwt = false
`,
  "supabase/functions/.env": "FROM_FILE=file\nSHARED=file\nSUPABASE_SECRET=dropped\n",
  "supabase/functions/open/index.ts": `
export default {
  async fetch(request: Request) {
    const path = new URL(request.url).pathname;
    if (path.endsWith("/reject")) return new Response("too large", { status: 413 });
    return Response.json({ path, bytes: (await request.arrayBuffer()).byteLength });
  },
};`,
  "supabase/functions/changing/index.ts": answering("before"),
  "supabase/functions/guarded/index.ts": `
Deno.serve((request) => Response.json({ authorization: request.headers.get("authorization") }));`,
  "supabase/functions/env/.env": "SHARED=own\n",
  "supabase/functions/env/index.ts": "export default { fetch: () => Response.json(Deno.env.toObject()) };",
  "supabase/functions/broken/index.ts": 'throw new Error("no start");',
  "supabase/functions/off/index.ts": answering("off"),
  "supabase/functions/_shared/helper.ts": "export const helper = 1;",
  "supabase/migrations/20260101000000_notes.sql": notesMigration,
});
let stack: Stack;
const lines: string[] = [];
const options = { auth: { persistSession: false, autoRefreshToken: false } };

beforeAll(async () => {
  stack = await startStack({
    root: project.root,
    denoDir,
    ports: portsFrom(28100),
    env: { WHATSAPP_VERIFY_TOKEN: "from-settings", GATEWAY_PORT: "1" },
    fsync: false,
    watch: true,
    onLog: (entry) => lines.push(`${entry.name} ${entry.message}`),
  });
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  project.remove();
});

const call = (path: string, init?: RequestInit) => fetch(`${stack.urls.functions}/${path}`, init);

/** A signed-up user and its client. */
async function user(): Promise<{ client: SupabaseClient; id: string; token: string }> {
  const client = createClient(stack.urls.gateway, stack.keys.publishable, options);
  const { data, error } = await client.auth.signUp({
    email: `${crypto.randomUUID()}@example.com`,
    password: "a-Long-one-1",
  });
  if (error !== null || data.user === null || data.session === null) throw error ?? new Error("no session");
  return { client, id: data.user.id, token: data.session.access_token };
}

describe("keys and tokens", () => {
  test("a user's token is ES256 and verifies against the published keys", async () => {
    const { client, id } = await user();
    const { data } = await client.auth.getClaims();
    expect(data?.header.alg).toBe("ES256");
    expect(data?.claims.sub).toBe(id);
    const jwks = await (await fetch(`${stack.urls.auth}/.well-known/jwks.json`)).json();
    expect(jwks.keys).toHaveLength(1);
    expect(jwks.keys[0]).not.toHaveProperty("d");
  });

  test("REST refuses a request without a key", async () => {
    expect((await fetch(`${stack.urls.rest}/notes`)).status).toBe(401);
    expect((await fetch(`${stack.urls.rest}/notes`, { headers: { apikey: "sb_secret_wrong" } })).status).toBe(401);
  });

  test("a function with verify_jwt lets keys and valid tokens pass and nothing else", async () => {
    const { token } = await user();
    const status = async (headers: Record<string, string>) => (await call("guarded", { headers })).status;
    expect(await status({ apikey: stack.keys.publishable })).toBe(200);
    expect(await status({ authorization: `Bearer ${token}` })).toBe(200);
    expect(await status({ authorization: `Bearer ${token.slice(0, -3)}abc` })).toBe(401);
    expect(await status({ apikey: "sb_publishable_wrong" })).toBe(401);
    const refused = await call("guarded");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("sb-error-code")).toBe("UNAUTHORIZED_NO_AUTH_HEADER");
    expect(await refused.json()).toMatchObject({ code: "UNAUTHORIZED_NO_AUTH_HEADER" });
    expect((await call("guarded", { method: "OPTIONS" })).status).toBe(200);
  });
});

describe("REST under row level security", () => {
  test("a user sees its own rows only; the service sees all", async () => {
    const [one, two] = [await user(), await user()];
    expect((await one.client.from("notes").insert({ body: "mine" })).error).toBeNull();
    expect((await one.client.from("notes").select("body")).data).toEqual([{ body: "mine" }]);
    expect((await two.client.from("notes").select("body")).data).toEqual([]);
  });

  test("a table without a grant stays closed, also to the service role", async () => {
    for (const key of [stack.keys.publishable, stack.keys.secret]) {
      const { error } = await createClient(stack.urls.gateway, key, options).from("hidden").select();
      expect(error?.code).toBe("42501");
    }
  });
});

describe("Realtime", () => {
  test("a private channel needs the policy's consent, and carries what the database sends", async () => {
    const { client, id } = await user();
    await client.realtime.setAuth();
    const states: string[] = [];
    const heard = new Promise<Record<string, unknown>>((resolve) => {
      client
        .channel(`user:${id}`, { config: { private: true } })
        .on("broadcast", { event: "note" }, (message) => resolve(message.payload))
        .subscribe(async (state) => {
          states.push(state);
          if (state === "SUBSCRIBED") await client.from("notes").insert({ body: "é".repeat(20_000) });
        });
    });
    expect((await heard).body).toBe("é".repeat(20_000)); // larger than a notification
    expect(states).toEqual(["SUBSCRIBED"]);
    const foreign = new Promise<string>((resolve) => {
      client
        .channel("user:somebody-else", { config: { private: true } })
        .subscribe((state, error) => resolve(`${state} ${error?.message}`));
    });
    expect(await foreign).toMatch(/^CHANNEL_ERROR .*Unauthorized/);
    await client.removeAllChannels();
  });

  test("clients hear each other in a public channel, over the socket and over HTTP", async () => {
    const [one, two] = [0, 1].map(() => createClient(stack.urls.gateway, stack.keys.publishable, options));
    if (one === undefined || two === undefined) throw new Error("two clients");
    const heard: unknown[] = [];
    const listening = one.channel("room").on("broadcast", { event: "hi" }, (message) => heard.push(message.payload));
    const speaking = two.channel("room");
    for (const channel of [listening, speaking])
      await new Promise<void>((resolve) => channel.subscribe((state) => state === "SUBSCRIBED" && resolve()));
    await speaking.send({ type: "broadcast", event: "hi", payload: { n: 1 } });
    await two.channel("room").httpSend("hi", { n: 2 });
    await expect.poll(() => heard).toEqual([{ n: 1 }, { n: 2 }]);
    await Promise.all([one.removeAllChannels(), two.removeAllChannels()]);
  });
});

describe("edge functions", () => {
  test("see the path without /functions/v1 and take bodies beyond 3 MB", async () => {
    const body = new Uint8Array(5 * 1024 * 1024);
    const answer = await call("open/a?b=c", { method: "POST", body });
    expect(await answer.json()).toEqual({ path: "/open/a", bytes: body.length });
    expect((await call("open/reject", { method: "POST", body })).status).toBe(413);
  });

  test("are given the platform's variables and the project's, and nothing of this machine", async () => {
    const env = await (await call("env")).json();
    expect(env).toMatchObject({
      SUPABASE_URL: stack.urls.gateway,
      SUPABASE_DB_URL: stack.urls.database,
      SUPABASE_FUNCTION_SLUG: "env",
      FROM_FILE: "file",
      SHARED: "own",
      WHATSAPP_VERIFY_TOKEN: "from-settings",
    });
    expect(JSON.parse(env.SUPABASE_SECRET_KEYS)).toEqual({ default: stack.keys.secret });
    expect(JSON.parse(env.SUPABASE_JWKS)).toEqual(stack.tokens.jwks);
    for (const name of ["PATH", "HOME", "SUPABASE_SECRET", "DENO_DIR", "GATEWAY_PORT"])
      expect(env).not.toHaveProperty(name);
  });

  test("that do not exist, are switched off, or cannot start say so", async () => {
    for (const name of ["nothing", "off", "planned", "_shared"]) {
      const answer = await call(name);
      expect([answer.status, await answer.text()]).toEqual([404, "Function not found"]);
    }
    const broken = await call("broken");
    expect([broken.status, (await broken.json()).code]).toEqual([503, "BOOT_ERROR"]);
    expect(lines.join("\n")).toContain("no start");
  });

  test("are reloaded when their source changes", async () => {
    expect(await (await call("changing")).text()).toBe("before");
    project.write("supabase/functions/changing/index.ts", answering("after"));
    await expect.poll(async () => (await call("changing")).text(), { timeout: 5000 }).toBe("after");
  });
});

describe("Postgres alone", () => {
  test("may crash and come back; REST, Auth and Realtime recover", async () => {
    const { client, id } = await user();
    await client.realtime.setAuth();
    const heard: unknown[] = [];
    await new Promise<void>((resolve) => {
      client
        .channel(`user:${id}`, { config: { private: true } })
        .on("broadcast", { event: "note" }, (message) => heard.push(message.payload.body))
        .subscribe((state) => state === "SUBSCRIBED" && resolve());
    });
    await stack.postgres.stop("immediate");
    expect((await client.from("notes").select()).error).not.toBeNull();
    await stack.postgres.start();
    await expect
      .poll(async () => (await client.from("notes").insert({ body: "again" })).error, { timeout: 5000 })
      .toBeNull();
    await expect
      .poll(async () => {
        await client.from("notes").insert({ body: "later" });
        return heard;
      })
      .toContain("later");
    await user();
    await client.removeAllChannels();
  });
});

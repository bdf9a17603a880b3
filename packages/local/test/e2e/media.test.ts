// Files, the whole way: a customer's picture from the phone through the webhook into Storage and to the agent, files that lie
// about themselves, and a file of ours from Storage onto the phone.
import { createHash, randomBytes } from "node:crypto";
import { createClient } from "@supabase/supabase-js";
import { createDatabase, type DatabasePool } from "@switchboard/commons/db/database.ts";
import { readSettings } from "@switchboard/commons/env.ts";
import { createMediaResolver } from "@switchboard/commons/handlers/resolve-media.ts";
import { getProvider } from "@switchboard/commons/providers/index.ts";
import { type FileStorage, openStorage, storageSettings } from "@switchboard/commons/storage/storage.ts";
import { storeMedia } from "@switchboard/commons/work/store-media.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEMO_NUMBER, type E2e, startE2e, waitFor } from "./e2e.ts";

const signal = AbortSignal.timeout(600_000);
const TOKEN = "local-access-token";
/** A picture of one pixel, with something behind it that makes it one of its kind. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const picture = (bytes = 40) => new Uint8Array(Buffer.concat([PIXEL, randomBytes(bytes)]));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("files", () => {
  let e2e: E2e;
  let db: DatabasePool;
  let storage: FileStorage;
  beforeAll(async () => {
    e2e = await startE2e({ name: "media", base: 29500 });
    db = createDatabase({ url: e2e.stack.urls.database, role: "service_role", size: 2, applicationName: "media test" });
    storage = openStorage(readSettings(storageSettings, e2e.stack.env));
  });
  afterAll(async () => {
    await db?.end();
    await e2e?.close();
  });

  /** A customer sends a message as it is. */
  const sends = async (phone: string, message: unknown): Promise<string> => {
    const answer = await fetch(`${e2e.stack.urls.simulator}/phones/${phone}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([message]),
    });
    expect(answer.status, await answer.clone().text()).toBeLessThan(300);
    const [sent]: { id: string }[] = await answer.json();
    return sent?.id ?? "";
  };
  /** Puts a file among those that WhatsApp has. */
  const atWhatsApp = async (bytes: Uint8Array<ArrayBuffer>, type: string): Promise<string> => {
    const form = new FormData();
    form.append("messaging_product", "whatsapp");
    form.append("type", type);
    form.append("file", new Blob([bytes], { type }), "file");
    const answer = await fetch(`${e2e.stack.urls.simulator}/v26.0/${DEMO_NUMBER}/media`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: form,
    });
    const { id }: { id: string } = await answer.json();
    return id;
  };
  interface Row {
    readonly media_state: string;
    readonly turn: string | null;
    readonly code: string | null;
    readonly tenant_id: string;
    readonly storage_path: string | null;
    readonly mime_type: string | null;
    readonly sha256: string | null;
  }
  /** A message whose file has an end and whose turn was answered. */
  const settled = async (id: string) =>
    await waitFor(`${id} is settled`, async () => {
      const [row] = await e2e.sql<Row>(
        `select m.media_state, t.status as turn, f.error ->> 'code' as code, m.tenant_id, f.storage_path, f.mime_type, f.sha256
           from public.messages m
           left join app.turns t on t.shard = m.shard and t.id = m.turn_id
           left join public.media f on f.shard = m.shard and f.message_id = m.id
          where m.provider_message_id = $1`,
        [id],
      );
      return row?.media_state !== "pending" && row?.turn === "answered" ? row : undefined;
    });

  test("a customer's picture lies in Storage as it was sent, for members of the tenant only, and is answered", async () => {
    const bytes = picture();
    const data_url = `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
    const row = await settled(await sends("15550100042", { type: "image", caption: "Is this vegan?", data_url }));
    expect(row).toMatchObject({ media_state: "ready", mime_type: "image/png", sha256: sha256(bytes) });
    expect(row.storage_path).toMatch(new RegExp(`^${row.tenant_id}/\\d{4}/\\d{2}/[0-9a-f-]{36}\\.png$`));
    const path = row.storage_path ?? "";
    const kept = await storage.download(path, signal);
    expect(Buffer.from(await kept.arrayBuffer()).equals(bytes)).toBe(true);
    const shown = await fetch(await storage.sign(path, 60));
    expect(Buffer.from(await shown.arrayBuffer()).equals(bytes)).toBe(true);

    const clientOf = async () => {
      const client = createClient(e2e.stack.urls.gateway, e2e.stack.keys.publishable, {
        auth: { persistSession: false, autoRefreshToken: false },
      });
      const email = `${crypto.randomUUID()}@example.com`;
      const { data } = await client.auth.signUp({ email, password: "a-Long-one-1" });
      return { client, id: data.user?.id };
    };
    const [member, stranger] = [await clientOf(), await clientOf()];
    await e2e.sql("insert into public.tenant_members (tenant_id, user_id) values ($1, $2)", [row.tenant_id, member.id]);
    const read = await member.client.storage.from("media").download(path);
    expect(read.error).toBeNull();
    expect(await read.data?.size).toBe(bytes.length);
    expect((await stranger.client.storage.from("media").download(path)).data).toBeNull();
    expect((await stranger.client.storage.from("media").list(row.tenant_id)).data ?? []).toEqual([]);
    const written = await member.client.storage.from("media").upload(`${row.tenant_id}/x.png`, new Blob([bytes]));
    expect(written.error).not.toBeNull();
    expect((await fetch(`${e2e.stack.urls.gateway}/storage/v1/object/public/media/${path}`)).ok).toBe(false);
  });

  test("a file that lies about itself is not kept, and its message is answered all the same", async () => {
    const [large, page] = [picture(6 * 1024 * 1024), new TextEncoder().encode("<!doctype html><script>1</script>")];
    const real = await atWhatsApp(picture(), "image/png");
    const cases = {
      media_host: { id: real, url: "https://lookaside.fbsbx.com.evil.example/x", mime_type: "image/png" },
      media_too_large: { id: await atWhatsApp(large, "application/pdf"), mime_type: "image/png" },
      media_hash: { id: real, mime_type: "image/png", sha256: createHash("sha256").update("other").digest("base64") },
      media_type: { id: await atWhatsApp(page, "image/jpeg"), mime_type: "image/jpeg" },
      media_gone: { id: "4242", mime_type: "image/png" },
    };
    const rows = await Promise.all(
      Object.entries(cases).map(async ([code, image], index) => {
        const id = await sends(`1555020000${index}`, { raw: { type: "image", image } });
        return { code, row: await settled(id) };
      }),
    );
    for (const { code, row } of rows) expect(row).toMatchObject({ media_state: "failed", code, storage_path: null });
    const objects = await e2e.sql("select name from storage.objects where bucket_id = 'media'");
    const kept = await e2e.sql("select storage_path from public.media where storage_path is not null");
    expect(objects).toHaveLength(kept.length);
  });

  test("a document of many megabytes runs through without being held", async () => {
    const bytes = new Uint8Array(Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(40 * 1024 * 1024)]));
    const id = await atWhatsApp(bytes, "application/pdf");
    const document = { id, mime_type: "application/pdf", filename: "../../Menu\u202e.pdf", sha256: sha256(bytes) };
    const row = await settled(await sends("15550300001", { raw: { type: "document", document } }));
    expect(row).toMatchObject({ media_state: "ready", sha256: sha256(bytes) });
    const [file] = await e2e.sql("select filename from public.media where sha256 = $1", [row.sha256]);
    expect(file).toEqual({ filename: "Menu.pdf" });
  });

  test("a file of ours is stored once, uploaded once, and arrives on the phone as it is", async () => {
    const [account] = await e2e.sql<{ id: string; shard: number; tenant_id: string }>(
      "select id, shard, tenant_id from public.whatsapp_accounts where external_id = $1",
      [DEMO_NUMBER],
    );
    if (account === undefined) throw new Error("the demo has an account");
    const bytes = picture();
    const upload = {
      ...account,
      tenantId: account.tenant_id,
      body: bytes,
      mimeType: "image/png",
      filename: "menu.png",
      signal,
    };
    const file = await storeMedia({ db, storage }, upload);
    expect(await storeMedia({ db, storage }, { ...upload, filename: "again.png" })).toEqual(file);
    expect(
      await e2e.sql("select from storage.objects where name like $1", [`${account.tenant_id}/%${file.id}%`]),
    ).toHaveLength(1);

    const settings = readSettings(["GRAPH_API_URL", "GRAPH_API_VERSION"], e2e.stack.env);
    const provider = getProvider("cloud_api", settings);
    const sending = { externalId: DEMO_NUMBER, credentials: { accessToken: TOKEN } };
    const resolve = createMediaResolver({
      ...{ context: { db, storage }, shard: account.shard, accountId: account.id, account: sending, provider },
      ...{ correlationId: "c", fresh: false, signal },
    });
    const first = await resolve({ mediaId: file.id });
    expect(await resolve({ mediaId: file.id })).toEqual(first);
    if (!("id" in first)) throw new Error("an upload has an id");

    const phone = "15550100042"; // has written above
    await fetch(`${e2e.stack.urls.simulator}/v26.0/${DEMO_NUMBER}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ messaging_product: "whatsapp", to: phone, type: "image", image: { id: first.id } }),
    });
    await waitFor("the picture is on the phone", async () =>
      (await e2e.simulator.thread(phone)).some(({ direction, type }) => direction === "out" && type === "image"),
    );
    const download = provider.downloadMedia;
    const hosts = { ...settings, MEDIA_HOSTS: [new URL(settings.GRAPH_API_URL).host] };
    const arrived = await getProvider("cloud_api", hosts).downloadMedia?.({
      ...{ account: sending, media: { id: first.id }, correlationId: "c", signal },
    });
    expect(Buffer.from(await new Response(arrived?.body).arrayBuffer()).equals(bytes)).toBe(true);
    await expect(
      download?.({ account: sending, media: { id: first.id }, correlationId: "c", signal }),
    ).rejects.toMatchObject({
      code: "media_host",
    });
  });

  test("an image by its id leaves through the outbox and arrives, the second time from the same upload", async () => {
    const [account] = await e2e.sql<{ id: string; shard: number; tenant_id: string; conversation: string }>(
      `select a.id, a.shard, a.tenant_id, c.id as conversation from public.whatsapp_accounts a
         join public.conversations c on c.account_id = a.id
         join public.contact_identities i on i.contact_id = c.contact_id and i.value = '15550100042'
        where a.external_id = $1`,
      [DEMO_NUMBER],
    );
    if (account === undefined) throw new Error("the customer has written above");
    const bytes = picture();
    const upload = { shard: account.shard, tenantId: account.tenant_id, body: bytes, mimeType: "image/png", signal };
    const file = await storeMedia({ db, storage }, upload);
    const media = { type: "image", media: { mediaId: file.id }, caption: "The menu" };
    for (const key of ["first", "second"])
      await e2e.sql("select app.enqueue_outbound_message($1::smallint, $2, 'agent', 'The menu', $3, $4, 'c')", [
        account.shard,
        account.conversation,
        JSON.stringify(media),
        key,
      ]);
    const arrived = await waitFor(
      "both pictures are on the phone",
      async () => {
        const thread = await e2e.simulator.thread("15550100042");
        const out = thread.filter(
          ({ direction, type, text }) => direction === "out" && type === "image" && text === "The menu",
        );
        return out.length === 2 ? out : undefined;
      },
      {
        patienceMs: 20000,
        seen: () => e2e.sql("select status, error from app.outbound_message order by created_at desc limit 3"),
      },
    );
    const ids = arrived.map((message) => (message as unknown as { payload: { id: string } }).payload.id);
    expect(new Set(ids).size).toBe(1);
    const uploads = await e2e.sql("select provider_media_id from app.media_uploads where sha256 = $1", [file.sha256]);
    expect(uploads).toEqual([{ provider_media_id: ids[0] }]);
    const settings = readSettings(["GRAPH_API_URL", "GRAPH_API_VERSION", "MEDIA_HOSTS"], e2e.stack.env);
    const sending = { externalId: DEMO_NUMBER, credentials: { accessToken: TOKEN } };
    const request = { account: sending, media: { id: ids[0] ?? "" }, correlationId: "c", signal };
    const onPhone = await getProvider("cloud_api", settings).downloadMedia?.(request);
    expect(Buffer.from(await new Response(onPhone?.body).arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("without a runner the functions fetch the files", async () => {
    await e2e.stack.program("runner").stop();
    await waitFor(
      "the runner has gone",
      async () => (await e2e.sql("select from app.workers where kind = 'runner'")).length === 0,
    );
    const bytes = picture(1_000_000);
    const id = await atWhatsApp(bytes, "image/png");
    const row = await settled(
      await sends("15550400001", { raw: { type: "image", image: { id, mime_type: "image/png" } } }),
    );
    expect(row).toMatchObject({ media_state: "ready", sha256: sha256(bytes) });
    const kept = await storage.download(row.storage_path ?? "", signal);
    expect(Buffer.from(await kept.arrayBuffer()).equals(bytes)).toBe(true);
  });
});

// Files of ours: stored once, uploaded once for each account, and anew when the provider would not have them any more.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { DatabasePool } from "../../src/db/database.ts";
import { keepMediaUpload } from "../../src/db/media.ts";
import { createMediaResolver } from "../../src/handlers/resolve-media.ts";
import { createCloudApiProvider } from "../../src/providers/cloud-api/provider.ts";
import { storeMedia } from "../../src/work/store-media.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { startFiles, startStorage } from "../support/file-servers.ts";
import { createWorld } from "../support/world.ts";

const PDF = new Uint8Array(Buffer.from("%PDF-1.7\nhello"));
const signal = new AbortController().signal;

async function worldWith(db: DatabasePool) {
  const storage = await startStorage();
  const world = await createWorld(db, { storageUrl: storage.url });
  const whatsapp = await startFiles(PDF);
  const provider = createCloudApiProvider({ GRAPH_API_URL: whatsapp.url, GRAPH_API_VERSION: "v26.0" });
  const { shard, accountId, context, tenantId } = world;
  const account = await context.accounts.get(shard, accountId);
  const resolve = async (mediaId: string, fresh = false) =>
    await createMediaResolver({ context, shard, accountId, account, provider, correlationId: "c", fresh, signal })({
      mediaId,
    });
  const link = async (address: string) =>
    await createMediaResolver({
      context,
      shard,
      accountId,
      account,
      provider,
      correlationId: "c",
      fresh: true,
      signal,
    })({ link: address });
  const store = (body: Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>, more: object = {}) =>
    storeMedia(context, { shard, tenantId, body, mimeType: "application/pdf", filename: "Menu.pdf", signal, ...more });
  return { world, storage, whatsapp, resolve, link, store };
}

describeWithPostgres("storeMedia", () => {
  const db = openTestDatabase();

  test("stores the same bytes once, however they come", async () => {
    const { world, storage, store } = await worldWith(db);
    const file = await store(PDF);
    const path = expect.stringMatching(new RegExp(`^${world.tenantId}/\\d{4}/\\d{2}/${file.id}\\.pdf$`));
    const sha256 = createHash("sha256").update(PDF).digest("hex");
    const known = {
      kind: "document",
      mime_type: "application/pdf",
      size_bytes: PDF.length,
      sha256,
      filename: "Menu.pdf",
    };
    expect(file).toEqual({ id: expect.any(String), ...known, storage_path: path });
    expect(await store(new Blob([PDF]), { filename: "other.pdf" })).toEqual(file);
    expect(await store(new Blob([PDF]).stream())).toEqual(file);
    expect([...storage.objects.keys()]).toEqual([file.storage_path]);
  });

  test("leaves nothing in Storage that nobody knows of, and sends a picture that is too large as a document", async () => {
    const { storage, store } = await worldWith(db);
    await expect(store(PDF, { tenantId: crypto.randomUUID() })).rejects.toMatchObject({ code: "23503" });
    expect(storage.objects.size).toBe(0);
    const large = new Uint8Array(6 * 1024 * 1024);
    large.set(Buffer.from("\xff\xd8\xff\xe0\x00\x10JFIF\x00", "latin1"));
    const kept = await store(large, { mimeType: "application/octet-stream" });
    expect(kept).toMatchObject({ kind: "document", mime_type: "image/jpeg" });
  });

  test("refuses what lies about itself, and says what a file really is", async () => {
    const { storage, store } = await worldWith(db);
    const page = new TextEncoder().encode("<!doctype html>");
    await expect(store(page)).rejects.toMatchObject({ code: "media_type" });
    await expect(store(PDF, { mimeType: "image/png" })).rejects.toMatchObject({ code: "media_type" });
    await expect(store(new Uint8Array())).rejects.toMatchObject({ code: "media_empty" });
    expect(storage.objects.size).toBe(0);
    expect(await store(page, { mimeType: "text/html" })).toMatchObject({ mime_type: "application/octet-stream" });
    expect(await store(PDF, { mimeType: "application/x-something" })).toMatchObject({ mime_type: "application/pdf" });
  });
});

describeWithPostgres("createMediaResolver", () => {
  const db = openTestDatabase();

  test("uploads a file once and then knows its id", async () => {
    const { whatsapp, resolve, store } = await worldWith(db);
    const { id } = await store(PDF);
    expect(await resolve(id)).toEqual({ id: "upload-1" });
    expect(await resolve(id)).toEqual({ id: "upload-1" });
    expect(whatsapp.uploads).toEqual([
      { id: "upload-1", name: "Menu.pdf", type: "application/pdf", bytes: Buffer.from(PDF) },
    ]);
  });

  test("uploads it once for many messages at the same time, and anew when it has ended", async () => {
    const { world, whatsapp, resolve, store } = await worldWith(db);
    const { id, sha256 } = await store(PDF);
    const texts = ["1", "2", "3"].map((text) => new Uint8Array(Buffer.from(`%PDF-1.7\n${text}`)));
    const wanted = [id, ...(await Promise.all(texts.map((text) => store(text)))).map((file) => file.id)];
    await Promise.all([...wanted, ...wanted].map((one) => resolve(one)));
    expect(whatsapp.uploads).toHaveLength(4);
    await keepMediaUpload(db, world.shard, world.accountId, { sha256, providerMediaId: "old", keepSeconds: 60 });
    expect(await resolve(id)).toEqual({ id: "upload-5" });
  });

  test("uploads it anew when the earlier upload was refused, and then knows that one", async () => {
    const { resolve, store } = await worldWith(db);
    const { id } = await store(PDF);
    await resolve(id);
    expect(await resolve(id, true)).toEqual({ id: "upload-2" });
    expect(await resolve(id)).toEqual({ id: "upload-2" });
  });

  test("passes a link on and fetches nothing", async () => {
    const { whatsapp, link } = await worldWith(db);
    expect(await link(`${whatsapp.url}/file/x`)).toEqual({ link: `${whatsapp.url}/file/x` });
    expect(whatsapp.fetched).toEqual([]);
  });

  test("knows no file of another tenant, and none that is not there", async () => {
    const { store } = await worldWith(db);
    const { resolve } = await worldWith(db);
    const { id } = await store(PDF);
    for (const one of [id, crypto.randomUUID()])
      await expect(resolve(one)).rejects.toMatchObject({ code: "media_unknown", retryable: false });
  });

  test("says whether a later try may succeed when the upload does not", async () => {
    const { whatsapp, storage, resolve, store } = await worldWith(db);
    const { id } = await store(PDF);
    whatsapp.refuses = { status: 400, code: 131053 };
    await expect(resolve(id)).rejects.toMatchObject({ code: "131053", retryable: false });
    whatsapp.refuses = { status: 500, code: 131000 };
    await expect(resolve(id)).rejects.toMatchObject({ code: "131000", retryable: true });
    whatsapp.refuses = undefined;
    storage.trouble = 503;
    await expect(resolve(id)).rejects.toMatchObject({ code: "storage_unavailable", retryable: true });
    storage.trouble = undefined;
    expect(await resolve(id)).toEqual({ id: "upload-1" });
  });
});

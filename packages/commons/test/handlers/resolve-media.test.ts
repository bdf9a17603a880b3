// Files of ours: stored once, uploaded once for each account, and anew when the provider would not have them any more.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { DatabasePool } from "../../src/db/database.ts";
import { keepMediaUpload } from "../../src/db/media.ts";
import { MediaResolver } from "../../src/handlers/resolve-media.ts";
import type { SendOutcome } from "../../src/outbound.ts";
import { createCloudApiProvider } from "../../src/providers/cloud-api/provider.ts";
import { storeMedia } from "../../src/work/store-media.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { startFiles, startStorage } from "../support/file-servers.ts";
import { createWorld } from "../support/world.ts";

const PDF = new Uint8Array(Buffer.from("%PDF-1.7\nhello"));
const signal = new AbortController().signal;
const rejected = (code: string): SendOutcome => ({ state: "REJECTED", class: "never", code, message: "no" });

async function worldWith(db: DatabasePool) {
  const storage = await startStorage();
  const world = await createWorld(db, { storageUrl: storage.url });
  const whatsapp = await startFiles(PDF);
  const provider = createCloudApiProvider({ GRAPH_API_URL: whatsapp.url, GRAPH_API_VERSION: "v26.0" });
  const { shard, accountId, context, tenantId } = world;
  const account = await context.accounts.get(shard, accountId);
  const resolver = (leaveBy = Number.POSITIVE_INFINITY) =>
    new MediaResolver({ context, shard, accountId, account, provider, correlationId: "c", leaveBy, signal });
  const store = (body: Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>, more: object = {}) =>
    storeMedia(context, { shard, tenantId, body, mimeType: "application/pdf", filename: "Menu.pdf", signal, ...more });
  return { world, storage, whatsapp, resolver, store };
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

describeWithPostgres("MediaResolver", () => {
  const db = openTestDatabase();

  test("uploads a file once and then knows its id", async () => {
    const { whatsapp, resolver, store } = await worldWith(db);
    const { id: mediaId } = await store(PDF);
    expect(await resolver().resolve({ mediaId })).toEqual({ id: "upload-1" });
    expect(await resolver().resolve({ mediaId })).toEqual({ id: "upload-1" });
    expect(whatsapp.uploads).toEqual([
      { id: "upload-1", name: "Menu.pdf", type: "application/pdf", bytes: Buffer.from(PDF) },
    ]);
  });

  test("uploads it once for many messages at the same time, and anew when it has ended", async () => {
    const { world, whatsapp, resolver, store } = await worldWith(db);
    const { id: mediaId, sha256 } = await store(PDF);
    const others = await Promise.all(
      ["1", "2", "3"].map((text) => store(new Uint8Array(Buffer.from(`%PDF-1.7\n${text}`)))),
    );
    const wanted = [mediaId, ...others.map(({ id }) => id)];
    await Promise.all([...wanted, ...wanted].map((id) => resolver().resolve({ mediaId: id })));
    expect(whatsapp.uploads).toHaveLength(4);
    const ended = { sha256, providerMediaId: "old", keepSeconds: 60 };
    await keepMediaUpload(db, world.shard, world.accountId, ended);
    expect(await resolver().resolve({ mediaId })).toEqual({ id: `upload-${whatsapp.uploads.length}` });
  });

  test("passes a link on and fetches nothing", async () => {
    const { whatsapp, resolver } = await worldWith(db);
    expect(await resolver().resolve({ link: `${whatsapp.url}/file/x` })).toEqual({ link: `${whatsapp.url}/file/x` });
    expect(whatsapp.fetched).toEqual([]);
  });

  test("knows no file of another tenant, and none that is not there", async () => {
    const { store } = await worldWith(db);
    const { resolver } = await worldWith(db);
    const { id: mediaId } = await store(PDF);
    const one = resolver();
    for (const id of [mediaId, crypto.randomUUID()])
      await expect(one.resolve({ mediaId: id })).rejects.toMatchObject({ code: "media_unknown" });
    expect(one.failure).toMatchObject({ code: "media_unknown" });
  });

  test.each(["131052", "131053"])(
    "forgets an earlier upload that is refused as %s, and tries once more",
    async (code) => {
      const { whatsapp, resolver, store } = await worldWith(db);
      const { id: mediaId } = await store(PDF);
      const first = resolver();
      await first.resolve({ mediaId });
      expect(await first.judge(rejected(code))).toMatchObject({ class: "never" });
      const second = resolver();
      expect(await second.resolve({ mediaId })).toEqual({ id: "upload-1" });
      expect(await second.judge(rejected("131026"))).toMatchObject({ class: "never" });
      expect(await second.judge(rejected(code))).toMatchObject({ state: "REJECTED", class: "retry", code });
      const third = resolver();
      expect(await third.resolve({ mediaId })).toEqual({ id: "upload-2" });
      expect(await third.judge(rejected(code))).toMatchObject({ class: "never" });
      expect(whatsapp.uploads).toHaveLength(2);
    },
  );

  test("says whether a later try may succeed when the upload does not", async () => {
    const { whatsapp, storage, resolver, store } = await worldWith(db);
    const { id: mediaId } = await store(PDF);
    whatsapp.refuses = { status: 400, code: 131053 };
    await expect(resolver().resolve({ mediaId })).rejects.toMatchObject({ code: "131053", retryable: false });
    whatsapp.refuses = { status: 500, code: 131000 };
    await expect(resolver().resolve({ mediaId })).rejects.toMatchObject({ code: "131000", retryable: true });
    whatsapp.refuses = undefined;
    storage.trouble = 503;
    await expect(resolver().resolve({ mediaId })).rejects.toMatchObject({
      code: "storage_unavailable",
      retryable: true,
    });
    storage.trouble = undefined;
    await expect(resolver(0).resolve({ mediaId })).rejects.toMatchObject({ code: "upload_late", retryable: true });
    expect(await resolver().resolve({ mediaId })).toEqual({ id: "upload-1" });
  });
});

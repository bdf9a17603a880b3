// Fetching the files of messages, against a real Postgres and real servers that lie, stall, redirect and break off.
import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { DatabasePool } from "../../src/db/database.ts";
import { getNextQueueMessage } from "../../src/db/queue.ts";
import type { InboundEvent } from "../../src/events.ts";
import type { HandlerContext } from "../../src/handlers/handler.ts";
import { keepFile } from "../../src/handlers/keep-file.ts";
import { mediaHandler } from "../../src/handlers/media.ts";
import type { JsonObject } from "../../src/json.ts";
import { createCloudApiProvider } from "../../src/providers/cloud-api/provider.ts";
import { openStorage } from "../../src/storage/storage.ts";
import { ingest } from "../../src/work/ingest.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { type FilesAtWhatsApp, gives, serve, startFiles, startStorage, status } from "../support/file-servers.ts";
import { createWorld } from "../support/world.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const hex = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const secretKeys = { default: "sb_secret_test" };
const signal = () => new AbortController().signal;
let count = 0;

/** A customer has sent one file, which a WhatsApp has. */
async function worldWith(db: DatabasePool, bytes: Uint8Array = PNG, message: JsonObject & { type?: string } = {}) {
  const storage = await startStorage();
  const world = await createWorld(db, { storageUrl: storage.url });
  const files = await startFiles(bytes);
  const settings = { GRAPH_API_URL: files.url, GRAPH_API_VERSION: "v26.0", MEDIA_HOSTS: [files.host] };
  const context: HandlerContext = { ...world.context, provider: () => createCloudApiProvider(settings) };
  const send = async ({ type = "image", ...content }: JsonObject & { type?: string } = message) => {
    count += 1;
    const id = `wamid.file.${process.pid}.${count}`;
    const event: InboundEvent = {
      ...{ kind: "message", key: id, account: world.externalId, occurredAt: new Date().toISOString(), raw: {} },
      from: { identities: [{ kind: "phone", value: "15550100" }] },
      message: { id, type, text: "", content: { id: "777", mime_type: "image/png", ...content } },
      wakesAgent: true,
    };
    await ingest(db, "cloud_api", [event], `corr-${id}`);
  };
  await send();
  const work = async () => {
    const options = { worker: "test worker", lanes: 1, perLane: 1, leaseSeconds: 30 };
    const [lane] = await getNextQueueMessage(db, world.shard, "media", options);
    if (lane === undefined) throw new Error("no file is to be fetched");
    try {
      await mediaHandler.handle(lane, context, signal());
      return "done";
    } catch (error) {
      return await mediaHandler.fail(lane, context, error);
    }
  };
  const result = async () => {
    const text = `select m.media_state as state, f.error ->> 'code' as code, f.mime_type, f.sha256, f.size_bytes::int as bytes, f.filename, f.storage_path as path
        from public.messages m left join public.media f on f.shard = m.shard and f.message_id = m.id where m.shard = $1`;
    return (await world.rows(text))[0];
  };
  return { world, storage, files, work, result, send };
}

describeWithPostgres("mediaHandler", () => {
  const db = openTestDatabase();

  test("puts the file into Storage below its tenant, as it is", async () => {
    const { world, storage, files, work, result } = await worldWith(db, PNG, { filename: "a/../b\u202e.png" });
    expect(await work()).toBe("done");
    const path = expect.stringMatching(new RegExp(`^${world.tenantId}/\\d{4}/\\d{2}/[0-9a-f-]{36}\\.png$`));
    const kept = { state: "ready", code: null, mime_type: "image/png", sha256: hex(PNG), bytes: PNG.length };
    expect(await result()).toEqual({ ...kept, filename: "b.png", path });
    expect([...storage.objects]).toEqual([[path, { bytes: PNG, type: "image/png" }]]);
    expect(files.fetched).toEqual([{ path: "/file/1", token: "Bearer token" }]);
  });

  test("takes the webhook's address while it lives, and asks for a new one when it has ended", async () => {
    const { files, work, result, send } = await worldWith(db);
    await work();
    await send({ url: `${files.url}/file/webhook` });
    expect(await work()).toBe("done");
    expect(files.lookUps).toBe(1);

    await send({ url: `${files.url}/file/old` });
    const inner = files.file;
    files.file = (response, request) =>
      request.url === "/file/old" ? status(404)(response, request) : inner(response, request);
    expect(await work()).toBe("done");
    expect(files.fetched.map(({ path }) => path)).toEqual(["/file/1", "/file/webhook", "/file/old", "/file/2"]);
    expect(await result()).toMatchObject({ state: "ready" });
  });

  test("asks for a new address once, then later", async () => {
    const { files, work, result, world } = await worldWith(db);
    files.file = status(404);
    expect(await work()).toBe("retry");
    expect(files.lookUps).toBe(2);
    expect(await result()).toMatchObject({ state: "pending" });
    files.file = gives(PNG, "image/png");
    await world.timePasses();
    expect(await work()).toBe("done");
  });

  test.each([
    ["a foreign host", { url: "https://lookaside.fbsbx.com.evil.example/x" }],
    ["a host without TLS", { url: "http://lookaside.fbsbx.com/x" }],
    ["another port", { url: "https://lookaside.fbsbx.com:8443/x" }],
    ["a name before the host", { url: "https://lookaside.fbsbx.com@evil.example/x" }],
    ["what is no address", { url: "lookaside" }],
  ])("fetches nothing from %s, whatever the webhook or Meta say", async (_, facts) => {
    const { files, work, result, send, world } = await worldWith(db, PNG, facts);
    expect(await work()).toBe("done");
    expect(await result()).toMatchObject({ state: "failed", code: "media_host", path: null });
    await world.rows("delete from public.messages where shard = $1");
    files.facts = facts;
    await send({});
    expect(await work()).toBe("done");
    expect(await result()).toMatchObject({ state: "failed", code: "media_host" });
    expect(files.fetched).toEqual([]);
  });

  test("follows a redirect to a host that is allowed without the token, and to no other", async () => {
    const { files, work, result, send, world } = await worldWith(db);
    files.file = (response, request) =>
      request.url === "/file/elsewhere"
        ? gives(PNG, "image/png")(response, request)
        : status(302, { location: "/file/elsewhere" })(response, request);
    expect(await work()).toBe("done");
    expect(files.fetched.map(({ token }) => token)).toEqual(["Bearer token", undefined]);

    let visits = 0;
    const foreign = await serve((_, response) => {
      visits += 1;
      response.end(PNG);
    });
    await world.rows("delete from public.messages where shard = $1");
    files.file = status(307, { location: `${foreign.url}/x` });
    await send({});
    expect(await work()).toBe("done");
    expect(await result()).toMatchObject({ state: "failed", code: "media_host" });
    expect(visits).toBe(0);

    await world.rows("delete from public.messages where shard = $1");
    files.file = status(302, { location: "/file/again" });
    await send({});
    expect(await work()).toBe("done");
    expect(await result()).toMatchObject({ code: "media_refused" });
  });

  type Lie = (files: FilesAtWhatsApp) => unknown;
  const lies: [string, string, Lie, (JsonObject & { type?: string })?][] = [
    [
      "media_hash",
      "another file than announced",
      (files) => Object.assign(files, { file: gives(Buffer.concat([PNG, PNG]), "image/png") }),
    ],
    [
      "media_hash",
      "another than the webhook announced",
      () => undefined,
      { sha256: createHash("sha256").update("x").digest("base64") },
    ],
    [
      "media_too_large",
      "a size that is announced",
      (files) => Object.assign(files, { facts: { file_size: 6 * 1024 * 1024 } }),
    ],
    [
      "media_too_large",
      "a size that is not announced",
      (files) =>
        Object.assign(files, {
          file: (response: ServerResponse) => void response.end(Buffer.concat([PNG, randomBytes(6 * 1024 * 1024)])),
        }),
    ],
    [
      "media_type",
      "a page as a picture",
      (files) =>
        Object.assign(files, { file: gives(Buffer.from("<!-- x --> <HTML><script>1</script>"), "image/jpeg") }),
    ],
    [
      "media_type",
      "a program as a picture",
      (files) => Object.assign(files, { file: gives(Buffer.from(`MZ${"\0".repeat(200)}`), "image/jpeg") }),
    ],
    [
      "media_type",
      "words as a picture",
      (files) => Object.assign(files, { file: gives(Buffer.from("only words"), "image/png") }),
    ],
    [
      "media_type",
      "a page as a document",
      (files) => Object.assign(files, { file: gives(Buffer.from("\ufeff<svg onload=1>"), "a/b") }),
      { type: "document", mime_type: "application/pdf" },
    ],
    ["media_empty", "nothing", (files) => Object.assign(files, { file: gives(Buffer.alloc(0), "image/png") })],
    ["media_gone", "that it is not there", (files) => Object.assign(files, { refuses: { status: 400, code: 100 } })],
    ["131052", "that it cannot be had", (files) => Object.assign(files, { refuses: { status: 400, code: 131052 } })],
  ];
  test.each(lies)("keeps nothing and says %s of %s", async (code, _, lie, message) => {
    const { files, storage, work, result } = await worldWith(db, PNG, message);
    if (code !== "media_hash") files.facts = { sha256: undefined, mime_type: undefined };
    lie(files);
    expect(await work()).toBe("done");
    expect(await result()).toMatchObject({ state: "failed", code, path: null });
    expect(storage.objects.size).toBe(0);
  });

  test("tries again what broke off, and when Storage, the file server or the token has trouble", async () => {
    const { files, storage, work, result, world } = await worldWith(db);
    const again = async () => {
      expect(await work()).toBe("retry");
      expect(await result()).toMatchObject({ state: "pending", path: null });
      expect(storage.objects.size).toBe(0);
      await world.timePasses();
    };
    files.file = (response) => {
      response
        .writeHead(200, { "content-length": String(PNG.length) })
        .write(PNG.subarray(0, 30), () => response.destroy());
    };
    await again();
    files.file = status(500);
    await again();
    files.file = gives(PNG, "image/png");
    files.refuses = { status: 400, code: 190 };
    await again();
    files.refuses = undefined;
    for (const trouble of [500, 403]) {
      storage.trouble = trouble;
      await again();
    }
    storage.trouble = undefined;
    expect(await work()).toBe("done");
  });

  test("lays a file that could not be had in all its tries beside, and the turn goes on", async () => {
    const { files, work, result, world } = await worldWith(db);
    files.file = status(500);
    await world.rows("update app.queue_ready set tries = 23 where shard = $1 and queue = 'media'");
    expect(await work()).toBe("dead");
    expect(await result()).toMatchObject({ state: "failed", code: null });
    expect(await world.rows("select error ->> 'code' as code from app.queue_dead_letter where shard = $1")).toEqual([
      { code: "media_unavailable" },
    ]);
  });
});

describe("keepFile", () => {
  const fileOf = (body: ReadableStream<Uint8Array>, more: object = {}) => ({
    ...{ tenantId: "t", mediaId: "m", at: new Date("2026-11-20"), kind: "document" as const, body, signal: signal() },
    ...more,
  });

  test("gives up a sender that has fallen silent", async () => {
    const storage = await startStorage();
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(5000)) });
    const kept = keepFile(
      openStorage({ SUPABASE_URL: storage.url, SUPABASE_SECRET_KEYS: secretKeys }),
      fileOf(body, { silenceMs: 20 }),
    );
    await expect(kept).rejects.toMatchObject({ code: "media_stalled", retryable: true });
    expect(storage.objects.size).toBe(0);
  });

  test("does not read ahead of what Storage takes", async () => {
    const CHUNK = 64 * 1024;
    const CHUNKS = 800;
    let given = 0;
    let taken = 0;
    let most = 0;
    const slow = await serve(async (request, response) => {
      for await (const chunk of request) {
        taken += chunk.length;
        most = Math.max(most, given - taken);
      }
      response.end("{}");
    });
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (given === CHUNKS * CHUNK) return controller.close();
          given += CHUNK;
          controller.enqueue(new Uint8Array(CHUNK));
        },
      },
      { highWaterMark: 0 },
    );
    const storage = openStorage({ SUPABASE_URL: slow.url, SUPABASE_SECRET_KEYS: secretKeys });
    const kept = await keepFile(storage, fileOf(body, { mimeType: "application/pdf" }));
    expect(kept).toMatchObject({
      sizeBytes: CHUNKS * CHUNK,
      storagePath: "t/2026/11/m.pdf",
      mimeType: "application/pdf",
    });
    expect(taken).toBe(CHUNKS * CHUNK);
    expect(most).toBeLessThan(16 * 1024 * 1024);
  });
});

// Where the bytes of the local platform's Storage lie: a folder. @supabase/lite keeps the buckets and objects in Postgres,
// under the project's policies, and asks this for what is in them.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { App } from "@supabase/lite";

/** What lite asks for. */
type StorageAdapter = NonNullable<App["_storageAdapter"]>;
type Metadata = Awaited<ReturnType<StorageAdapter["headObject"]>>;
type Kept = Pick<Metadata, "mimetype" | "cacheControl">;

/**
 * Storage's bytes in a folder, each object in a file named after the hash of its path, with what was said of it beside it.
 * @param folder - made when the first file comes
 */
export function storageFiles(folder: string): StorageAdapter {
  const fileOf = (bucket: string, key: string) =>
    path.join(folder, createHash("sha256").update(`${bucket}/${key}`).digest("hex"));
  const remove = async (file: string) => {
    await Promise.all([rm(file, { force: true }), rm(`${file}.json`, { force: true })]);
  };
  const head = async (file: string): Promise<Metadata> => {
    const kept: Kept = JSON.parse(await readFile(`${file}.json`, "utf8"));
    const { size, mtime } = await stat(file);
    return { ...kept, size, contentLength: size, lastModified: mtime, eTag: `"${size}-${mtime.getTime()}"` };
  };
  return {
    driver: null,
    async uploadObject(bucket, key, _version, body, mimetype, cacheControl) {
      await mkdir(folder, { recursive: true });
      const file = fileOf(bucket, key);
      const beside = `${file}.${randomUUID()}`;
      const source =
        body instanceof Uint8Array ? Readable.from([body]) : Readable.fromWeb(body as unknown as NodeReadableStream);
      try {
        await pipeline(source, createWriteStream(beside));
        await writeFile(`${file}.json`, JSON.stringify({ mimetype, cacheControl } satisfies Kept));
        await rename(beside, file);
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
      return await head(file);
    },
    async getObject(bucket, key) {
      const file = fileOf(bucket, key);
      const metadata = await head(file);
      const stream: unknown = Readable.toWeb(createReadStream(file));
      // SAFETY: Node's web stream is the platform's.
      return { metadata, httpStatusCode: 200, body: stream as ReadableStream };
    },
    headObject: (bucket, key) => head(fileOf(bucket, key)),
    deleteObject: (bucket, key) => remove(fileOf(bucket, key)),
    deleteObjects: async (bucket, keys) => {
      await Promise.all(keys.map((key) => remove(fileOf(bucket, key))));
    },
    async copyObject(bucket, source, _version, destinationBucket, destination) {
      const [from, to] = [fileOf(bucket, source), fileOf(destinationBucket, destination)];
      await Promise.all([copyFile(from, to), copyFile(`${from}.json`, `${to}.json`)]);
      const { eTag, lastModified } = await head(to);
      return { httpStatusCode: 200, eTag, ...(lastModified === undefined ? {} : { lastModified }) };
    },
    privateAssetUrl: async (bucket, key) => `file://${fileOf(bucket, key)}`,
  };
}

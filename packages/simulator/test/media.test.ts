// Files on their way to the business, and what can be wrong with them.
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { samplePicture } from "../src/picture.ts";
import { ana, type Desk, openDesk, token, until } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

const headers = { authorization: `Bearer ${token}` };
const media = z.object({ id: z.string(), url: z.string(), sha256: z.string(), mime_type: z.string() });
const facts = z.object({ url: z.string(), sha256: z.string(), file_size: z.number() });

/** Ana sends a picture; what its webhook says. */
async function picture(faults?: unknown): Promise<z.output<typeof media>> {
  const before = desk.door.messages.length;
  await desk.api("POST", `/phones/${ana}/messages`, { type: "image", faults });
  await until(() => desk.door.messages.length > before);
  return media.parse(desk.door.messages.at(-1)?.image);
}
const look = async (id: string) => facts.parse((await desk.graph("GET", id)).json);
const download = (url: string, init: RequestInit = {}) => fetch(url, { headers, ...init });
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
const stats = async () => z.record(z.string(), z.unknown()).parse((await desk.api("GET", "/stats")).json);

describe("a file", () => {
  it("is what the webhook and the look-up say, and is counted", async () => {
    const image = await picture();
    const { url, sha256, file_size } = await look(image.id);
    const bytes = await bytesOf(await download(url));
    expect(bytes).toEqual(Buffer.from(samplePicture()));
    expect(await bytesOf(await download(image.url))).toEqual(bytes);
    expect(file_size).toBe(bytes.length);
    expect(sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(image.sha256).toBe(createHash("sha256").update(bytes).digest("base64"));
    expect(await stats()).toMatchObject({ mediaLookups: 1, mediaDownloads: 2 });
  });

  it("cannot be fetched by an old address, but by a new one", async () => {
    const { id, url } = await picture();
    await desk.api("POST", "/clock", { advance_s: 301 });
    expect((await download(url)).status).toBe(404);
    expect((await download((await look(id)).url)).status).toBe(200);
    expect(await stats()).toMatchObject({ mediaRefused: 1 });
  });
});

describe("a fault", () => {
  it("wrongSha256 shows other bytes' sum", async () => {
    const image = await picture({ wrongSha256: true });
    const bytes = await bytesOf(await download(image.url));
    expect(image.sha256).not.toBe(createHash("sha256").update(bytes).digest("base64"));
    expect((await look(image.id)).sha256).not.toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  it("fileSize and streamBytes lie about the size and give more than was said", async () => {
    const image = await picture({ fileSize: 20_000_000, streamBytes: 300_000 });
    expect((await look(image.id)).file_size).toBe(20_000_000);
    const answer = await download(image.url);
    expect(answer.headers.get("content-length")).toBeNull();
    expect(await bytesOf(answer)).toHaveLength(300_000);
  });

  it("html gives a page instead of the picture", async () => {
    const answer = await download((await picture({ html: true })).url);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
  });

  it("notFound refuses the first fetches", async () => {
    const { id, url } = await picture({ notFound: 1 });
    expect((await download(url)).status).toBe(404);
    expect((await download((await look(id)).url)).status).toBe(200);
  });

  it("expiredUrl makes the webhook's address useless, not that of a look-up", async () => {
    const { id, url } = await picture({ expiredUrl: true });
    for (let time = 0; time < 2; time += 1) expect((await download(url)).status).toBe(404);
    expect((await download((await look(id)).url)).status).toBe(200);
  });

  it("redirect leads to another host, where the token must not come along", async () => {
    const { url } = await picture({ redirect: true });
    const answer = await download(url, { redirect: "manual" });
    expect(answer.status).toBe(302);
    const target = new URL(answer.headers.get("location") ?? "");
    expect(target.hostname).not.toBe(new URL(url).hostname);
    expect(await bytesOf(await fetch(target))).toEqual(Buffer.from(samplePicture()));
    expect(await stats()).toMatchObject({ tokensCarriedAlong: 0 });
    await download(target.href);
    expect(await stats()).toMatchObject({ tokensCarriedAlong: 1 });
  });

  it("of chaos is every file's, until it is calm again", async () => {
    await desk.api("POST", "/chaos", { media: { html: true } });
    expect((await download((await picture()).url)).headers.get("content-type")).toContain("text/html");
    await desk.api("DELETE", "/chaos");
    expect((await download((await picture()).url)).headers.get("content-type")).toBe("image/png");
  });
});

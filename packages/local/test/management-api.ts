// A stand-in for the part of Supabase's management API that `supabase functions deploy --use-api` talks to. It keeps
// what is uploaded as files, so that a test can look at it, check it and run it.
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { buffer } from "node:stream/consumers";

/** What the CLI says about a function that it uploads. */
export interface UploadedFunction {
  readonly slug: string;
  readonly entrypoint_path: string;
  readonly import_map_path?: string;
  readonly verify_jwt?: boolean;
  /** Paths relative to the project. */
  readonly files: readonly string[];
}

/** A running stand-in. */
export interface ManagementApi {
  readonly url: string;
  readonly uploads: ReadonlyMap<string, UploadedFunction>;
  /** Requests that it did not know. */
  readonly unknown: readonly string[];
  close(): void;
}

/**
 * Starts the stand-in on a free port.
 * @param folder - where the files of function x are kept: <folder>/x/
 */
export async function startManagementApi(folder: string): Promise<ManagementApi> {
  const uploads = new Map<string, UploadedFunction>();
  const unknown: string[] = [];
  const server = http.createServer((request, response) => {
    answer(request, { folder, uploads, unknown }).then(
      (body) => send(response, request.method === "POST" ? 201 : 200, body),
      (error) => send(response, 500, { message: String(error) }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // SAFETY: a server that listens on a port has an address with a port.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, uploads, unknown, close: () => void server.close() };
}

async function answer(
  request: IncomingMessage,
  state: { readonly folder: string; readonly uploads: Map<string, UploadedFunction>; readonly unknown: string[] },
): Promise<unknown> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const slug = searchParams.get("slug");
  if (request.method === "POST" && pathname.endsWith("/functions/deploy") && slug !== null)
    return upload(request, slug, state);
  const body = await buffer(request);
  if (request.method === "PUT" && pathname.endsWith("/functions")) return { functions: JSON.parse(body.toString()) };
  if (request.method === "GET" && pathname.endsWith("/functions")) return [];
  state.unknown.push(`${request.method} ${request.url}`);
  return {};
}

async function upload(
  request: IncomingMessage,
  slug: string,
  { folder, uploads }: { readonly folder: string; readonly uploads: Map<string, UploadedFunction> },
): Promise<unknown> {
  const headers = { "content-type": request.headers["content-type"] ?? "" };
  const form = await new Response(new Uint8Array(await buffer(request)), { headers }).formData();
  const metadata = JSON.parse(String(form.get("metadata")));
  const files: string[] = [];
  for (const part of form.getAll("file")) {
    if (typeof part === "string") throw new Error("a file part without a file name");
    const target = path.join(folder, slug, part.name);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, Buffer.from(await part.arrayBuffer()));
    files.push(part.name);
  }
  uploads.set(slug, { slug, ...metadata, files: files.sort() });
  const now = Date.now();
  return { id: crypto.randomUUID(), slug, status: "ACTIVE", version: 1, created_at: now, updated_at: now, ...metadata };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

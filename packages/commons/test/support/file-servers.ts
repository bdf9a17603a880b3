// Two real HTTP servers for tests with files: a Storage of one bucket, and a WhatsApp that has files. Both are closed behind
// the test that started them.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A server, its address, and the host of it. */
export interface Server {
  readonly url: string;
  readonly host: string;
}

/** Starts a server on a free port. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<Server> {
  const http = createServer((request, response) => {
    Promise.resolve(answer(request, response)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    return new Promise<void>((resolve) => void http.close(() => resolve()));
  });
  // SAFETY: a server that listens on TCP has an address with a port.
  const host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host };
}

/** A file in Storage. */
export interface StoredObject {
  readonly bytes: Buffer;
  readonly type: string | undefined;
}

/** A Storage: what lies there, and what it answers instead when it has trouble. */
export interface StorageServer extends Server {
  readonly objects: Map<string, StoredObject>;
  /** Status that every request gets; undefined: it works. */
  trouble: number | undefined;
}

/** Starts a Storage with the bucket `media`. */
export async function startStorage(): Promise<StorageServer> {
  const objects = new Map<string, StoredObject>();
  const state: Pick<StorageServer, "trouble"> = { trouble: undefined };
  const server = await serve(async (request, response) => {
    const send = (status: number, body: unknown) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const bytes = await bodyOf(request);
    if (request.headers.apikey !== "sb_secret_test" || request.headers.authorization !== undefined)
      return send(403, { message: "no key" });
    if (state.trouble !== undefined) return send(state.trouble, { message: "trouble" });
    const url = request.url ?? "";
    const path = /^\/storage\/v1\/object\/media\/(.+)$/.exec(url)?.[1];
    if (request.method === "DELETE" && url === "/storage/v1/object/media") {
      const { prefixes }: { prefixes: string[] } = JSON.parse(bytes.toString());
      for (const prefix of prefixes) objects.delete(prefix);
      return send(200, []);
    }
    if (url.startsWith("/storage/v1/object/sign/media/"))
      return send(200, { signedURL: `${url.slice("/storage/v1".length)}?token=t` });
    if (path === undefined) return send(404, { message: "no route" });
    if (request.method === "POST") {
      objects.set(path, { bytes, type: request.headers["content-type"] });
      return send(200, { Key: path });
    }
    const found = objects.get(path);
    if (found === undefined) return send(400, { statusCode: "404" });
    response.writeHead(200, { "content-type": found.type ?? "" }).end(found.bytes);
  });
  return Object.assign(state, server, { objects });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** How a file comes to whoever fetches it. */
export type FileAnswer = (response: ServerResponse, request: IncomingMessage) => void;

/** A WhatsApp with files. */
export interface FilesAtWhatsApp extends Server {
  /** Where the files are fetched, in order, with the token that came along. */
  readonly fetched: { readonly path: string; readonly token: string | undefined }[];
  /** The names of the files that were uploaded. */
  readonly uploads: { readonly id: string; readonly name: string; readonly type: string; readonly bytes: Buffer }[];
  /** Adds to what the look-up of any file says. */
  facts: Readonly<Record<string, unknown>>;
  /** What the Graph API refuses with; undefined: it works. */
  refuses: { readonly status: number; readonly code: number } | undefined;
  /** How a file is given out. */
  file: FileAnswer;
  lookUps: number;
}

/** Starts a WhatsApp that has one file of these bytes, under whatever id it is asked for. */
export async function startFiles(bytes: Uint8Array, type = "image/png"): Promise<FilesAtWhatsApp> {
  const files: Omit<FilesAtWhatsApp, keyof Server> = {
    fetched: [],
    uploads: [],
    facts: {},
    refuses: undefined,
    lookUps: 0,
    file: gives(bytes, type),
  };
  const server: Server = await serve(async (request, response) => {
    const url = request.url ?? "";
    const token = request.headers.authorization;
    if (url.startsWith("/file")) {
      files.fetched.push({ path: url, token });
      return files.file(response, request);
    }
    const send = (status: number, json: unknown) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
    const body = await bodyOf(request);
    if (token !== "Bearer token") return send(401, { error: { code: 190 } });
    if (files.refuses !== undefined)
      return send(files.refuses.status, { error: { code: files.refuses.code, message: "refused" } });
    if (request.method === "POST") {
      const headers = { "content-type": request.headers["content-type"] ?? "" };
      const form = await new Response(new Uint8Array(body), { headers }).formData();
      const file = form.get("file");
      if (!(file instanceof File) || form.get("messaging_product") !== "whatsapp") return send(400, {});
      const id = `upload-${files.uploads.length + 1}`;
      const kept = {
        id,
        name: file.name,
        type: String(form.get("type")),
        bytes: Buffer.from(await file.arrayBuffer()),
      };
      files.uploads.push(kept);
      return send(200, { id });
    }
    files.lookUps += 1;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const address = `${server.url}/file/${files.lookUps}`;
    send(200, { url: address, mime_type: type, sha256, file_size: bytes.length, ...files.facts });
  });
  return Object.assign(files, server);
}

/** Gives the bytes of a file. */
export function gives(bytes: Uint8Array, type: string): FileAnswer {
  return (response) => void response.writeHead(200, { "content-type": type }).end(bytes);
}

/** Answers with a status, and headers. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): FileAnswer {
  return (response) => void response.writeHead(code, headers).end();
}

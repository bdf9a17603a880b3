// Enough of Supabase Realtime for supabase-js channels: broadcast from the database (realtime.send), between clients and
// over HTTP; private channels authorised by the policies on realtime.messages; heartbeat and access_token.
// Not here: presence, replay, postgres_changes (a client that asks for it is told so), binary payloads.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import postgres from "postgres";
import { type WebSocket, WebSocketServer } from "ws";
import { bearer, type Credentials } from "./gateway-auth.ts";
import { listen } from "./listen.ts";
import { decodeFrame, encodeFrame, type Frame, type ProtocolVersion } from "./phoenix.ts";

/** A message for everybody who has joined a topic. */
export interface Broadcast {
  readonly topic: string;
  readonly event: string;
  readonly payload: unknown;
  /** Whether it is meant for those who joined the private channel of that topic; it may be missing in a request. */
  readonly private?: boolean;
}

/** A running Realtime server. */
export interface Realtime {
  /** Takes over a connection that becomes a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Takes the messages of POST /realtime/v1/api/broadcast; returns whether the caller was allowed to send them all. */
  publish(messages: readonly Broadcast[], headers: IncomingMessage["headers"]): Promise<boolean>;
  close(): Promise<void>;
}

/** A client in a channel. */
interface Member {
  readonly connection: Connection;
  readonly topic: string;
  readonly joinRef: string | null;
  readonly private: boolean;
  readonly self: boolean;
  readonly ack: boolean;
}

interface Connection {
  readonly socket: WebSocket;
  readonly version: ProtocolVersion;
  token: string;
}

type ChannelConfig = {
  readonly private?: boolean;
  readonly broadcast?: { readonly self?: boolean; readonly ack?: boolean };
  readonly postgres_changes?: readonly unknown[];
};

const PREFIX = "realtime:";

/**
 * Starts Realtime. It outlives a restart of Postgres: what is sent while Postgres is down is not delivered later.
 * @param url - connection string of the superuser
 * @param credentials - keys and tokens of this platform
 */
export async function startRealtime(url: string, credentials: Credentials): Promise<Realtime> {
  const sql = postgres(url, { max: 4, onnotice: () => {}, connect_timeout: 5, backoff: () => 0.2 });
  await sql`delete from realtime.messages where inserted_at < now() - interval '3 days'`; // as on the platform
  const members = new Set<Member>();
  const access = createAccess(sql, credentials);
  const listener = await listen(url, "local_realtime", async (ids) => {
    const rows = await sql<Broadcast[]>`
      select topic, event, payload, private from realtime.messages
      where id = any(${[...ids]}::uuid[]) order by array_position(${[...ids]}::uuid[], id)`;
    for (const row of rows) deliver(members, row);
  });
  const server = new WebSocketServer({ noServer: true, handleProtocols: () => false });
  server.on("connection", (socket: WebSocket, request: IncomingMessage) => {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    const version = query.get("vsn")?.startsWith("2") ? 2 : 1;
    const connection: Connection = { socket, version, token: query.get("apikey") ?? "" };
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      receive({ members, access }, connection, isBinary ? data : data.toString("utf8")).catch(() => socket.close(1011));
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => leaveAll(members, connection));
  });
  return {
    upgrade: (request, socket, head) => {
      const key = new URL(request.url ?? "/", "http://localhost").searchParams.get("apikey");
      if (key !== credentials.publishableKey && key !== credentials.secretKey)
        return void socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
      server.handleUpgrade(request, socket, head, (client) => server.emit("connection", client, request));
    },
    publish: async (messages, headers) => {
      const token = bearer(headers.authorization) ?? String(headers.apikey ?? "");
      for (const message of messages)
        if (message.private === true && !(await access(token, message.topic, "write"))) return false;
      for (const message of messages) deliver(members, { ...message, private: message.private === true });
      return true;
    },
    close: async () => {
      for (const client of server.clients) client.terminate();
      await listener.close();
      await sql.end({ timeout: 1 });
    },
  };
}

type Access = (token: string, topic: string, what: "read" | "write") => Promise<boolean>;
type Room = { readonly members: Set<Member>; readonly access: Access };

/** What a client sends. */
async function receive(room: Room, connection: Connection, data: string | Buffer): Promise<void> {
  const frame = decodeFrame(data, connection.version);
  const topic = frame.topic.startsWith(PREFIX) ? frame.topic.slice(PREFIX.length) : frame.topic;
  const token = frame.payload.access_token;
  if ((frame.event === "phx_join" || frame.event === "access_token") && typeof token === "string")
    connection.token = token;
  switch (frame.event) {
    case "heartbeat":
      return reply(connection, frame, "ok");
    case "phx_join":
      return join(room, connection, { frame, topic });
    case "phx_leave":
      for (const member of room.members)
        if (member.connection === connection && member.topic === topic) room.members.delete(member);
      return reply(connection, frame, "ok");
    case "broadcast":
      return broadcast(room, connection, { frame, topic });
  }
}

async function join(
  room: Room,
  connection: Connection,
  { frame, topic }: { readonly frame: Frame; readonly topic: string },
): Promise<void> {
  const config: ChannelConfig = frame.payload.config ?? {};
  if ((config.postgres_changes?.length ?? 0) > 0)
    return reply(connection, frame, "error", { reason: "The local Realtime has no postgres_changes; use broadcast." });
  if (config.private === true && !(await room.access(connection.token, topic, "read")))
    return reply(connection, frame, "error", {
      reason: `Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`,
    });
  room.members.add({
    connection,
    topic,
    joinRef: frame.joinRef,
    private: config.private === true,
    self: config.broadcast?.self === true,
    ack: config.broadcast?.ack === true,
  });
  reply(connection, frame, "ok", { postgres_changes: [] });
}

async function broadcast(
  room: Room,
  connection: Connection,
  { frame, topic }: { readonly frame: Frame; readonly topic: string },
): Promise<void> {
  const sender = [...room.members].find((member) => member.connection === connection && member.topic === topic);
  if (sender === undefined) return;
  if (sender.private && !(await room.access(connection.token, topic, "write"))) return;
  const { event, payload } = frame.payload;
  deliver(room.members, { topic, event: String(event), payload, private: sender.private }, sender);
  if (sender.ack) reply(connection, frame, "ok");
}

function deliver(members: ReadonlySet<Member>, message: Broadcast, sender?: Member): void {
  const payload = { type: "broadcast", event: message.event, payload: message.payload };
  for (const member of members) {
    if (member.topic !== message.topic || member.private !== message.private) continue;
    if (member === sender && !member.self) continue;
    const { connection, joinRef, topic } = member;
    const frame = { joinRef, ref: null, topic: PREFIX + topic, event: "broadcast", payload };
    connection.socket.send(encodeFrame(frame, connection.version));
  }
}

function reply(connection: Connection, frame: Frame, status: "ok" | "error", response: object = {}): void {
  connection.socket.send(
    encodeFrame({ ...frame, event: "phx_reply", payload: { status, response } }, connection.version),
  );
}

function leaveAll(members: Set<Member>, connection: Connection): void {
  for (const member of members) if (member.connection === connection) members.delete(member);
}

/** Asks the policies on realtime.messages as upstream does: tries to read or write a message of the topic, and rolls back. */
function createAccess(sql: postgres.Sql, credentials: Credentials): Access {
  return async (token, topic, what) => {
    const claims = await claimsOf(token, credentials);
    if (claims === undefined) return false;
    let allowed = false;
    const probe = sql.begin(async (tx) => {
      await tx`insert into realtime.messages (topic, extension, private) values (${topic}, 'broadcast', true)`;
      await tx`
        select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true),
          set_config('realtime.topic', ${topic}, true), set_config('role', ${claims.role}, true)`;
      if (what === "read")
        allowed = (await tx`select 1 from realtime.messages where topic = ${topic} limit 1`).length > 0;
      else await tx`insert into realtime.messages (topic, extension, private) values (${topic}, 'broadcast', true)`;
      if (what === "write") allowed = true;
      throw new RolledBack();
    });
    await probe.catch(() => {}); // refused by a policy, or rolled back by us: `allowed` says which
    return allowed;
  };
}

class RolledBack extends Error {}

async function claimsOf(token: string, credentials: Credentials): Promise<{ role: string } | undefined> {
  if (token === credentials.secretKey) return { role: "service_role" };
  if (token === credentials.publishableKey) return { role: "anon" };
  const claims = await credentials.tokens.verify(token).catch(() => undefined);
  const role = String(claims?.role);
  return ["anon", "authenticated", "service_role"].includes(role) ? { ...claims, role } : undefined;
}

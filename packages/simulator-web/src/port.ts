// One port for http, https, ws and wss: the first byte of a connection tells which.
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Certificate } from "./certificate.ts";

/** Every TLS connection begins with a handshake record. */
const TLS_HANDSHAKE = 0x16;

/** What listens on the port. */
export type PortOptions = {
  /** 0 takes a free one. */
  readonly port: number;
  readonly certificate: Certificate;
  readonly onRequest: RequestListener;
  /** Path of the WebSocket, such as /ws/chat. */
  readonly socketPath: string;
  readonly onSocket: (socket: WebSocket) => void;
};

/** An open port. */
export type Port = { readonly number: number; readonly close: () => Promise<void> };

/**
 * Opens the port on 127.0.0.1.
 * @throws when it is taken (EADDRINUSE)
 */
export async function openPort(options: PortOptions): Promise<Port> {
  const { certificate, onRequest, socketPath, onSocket } = options;
  const plain = createHttpServer(onRequest);
  const secure = createHttpsServer({ cert: certificate.cert, key: certificate.key }, onRequest);
  const sockets = new WebSocketServer({ noServer: true, path: socketPath });
  for (const server of [plain, secure])
    server.on("upgrade", (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => onSocket(webSocket)),
    );
  const open = new Set<Socket>();
  const door = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    handOver(socket, plain, secure);
  });
  await new Promise<void>((resolve, reject) => {
    door.once("error", reject);
    door.listen(options.port, "127.0.0.1", resolve);
  });
  // SAFETY: a listening TCP server has an AddressInfo.
  const { port } = door.address() as AddressInfo;
  return { number: port, close: () => close(door, open) };
}

function handOver(socket: Socket, plain: HttpServer, secure: Server): void {
  socket.once("data", (first) => {
    socket.pause();
    socket.unshift(first);
    (first[0] === TLS_HANDSHAKE ? secure : plain).emit("connection", socket);
    process.nextTick(() => socket.resume());
  });
}

async function close(door: Server, open: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => door.close(() => resolve()));
  for (const socket of open) socket.destroy();
  await closed;
}

// TCP proxies in front of Postgres and of the Graph API that can cut a program's life at an exact point of its
// conversation with either: before a request gets through, when it has been answered and the answer has not got through, or
// right after the answer got through. Nothing of the program's own code knows.

import type { AddressInfo } from "node:net";
import { createServer, connect as dial, type Server, type Socket } from "node:net";

/** Where an exchange is cut. */
export type Phase = "not forwarded" | "answer withheld" | "answered";
/** One cut: the exchange by its name, and where. */
export interface Cut {
  readonly exchange: string;
  readonly phase: Phase;
}

/** A conversation over several proxies. */
export interface Cutter {
  /** Names of the exchanges that began, in their order. */
  readonly exchanges: string[];
  /** Resolves when the cut has been made. */
  readonly isCut: Promise<void>;
  /** Starts a proxy; returns its port. */
  listen(target: { readonly host: string; readonly port: number }, protocol: Protocol): Promise<number>;
  close(): Promise<void>;
}

/** What a proxy must know about what goes through it. */
export interface Protocol {
  /** The name of an exchange, out of its request. */
  readonly nameOf: (request: Buffer) => string;
  /** Whether an answer has arrived whole. */
  readonly isWhole: (answer: Buffer) => boolean;
}

/** Postgres: an exchange is named after the engine's function that it calls; all before the first call is `connect`. */
export const postgresProtocol: Protocol = {
  nameOf: (request) => /from app\.([a-z_]+)\(/.exec(request.toString("latin1"))?.[1] ?? "connect",
  // Ready for query, or a question of the authentication.
  isWhole: (answer) =>
    (answer.length >= 6 && answer[answer.length - 6] === 0x5a && answer.readInt32BE(answer.length - 5) === 5) ||
    (answer[0] === 0x52 && answer.length >= 9 && [3, 5, 10, 11].includes(answer.readInt32BE(5))),
};

/** HTTP: an exchange is named after its method. */
export const httpProtocol: Protocol = {
  nameOf: (request) => request.toString("latin1").split(" ", 1)[0] ?? "",
  isWhole: (answer) => {
    const text = answer.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
    return length === undefined ? text.endsWith("0\r\n\r\n") : text.length >= end + 4 + Number(length);
  },
};

/**
 * Makes proxies that share one cut.
 * @param cut - where; undefined: nowhere, the conversation is only written down
 * @param kill - ends the program; nothing gets through in either direction from then on
 */
export function createCutter(cut: Cut | undefined, kill: () => void): Cutter {
  const exchanges: string[] = [];
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  let isDead = false;
  let cutDone: () => void = () => undefined;
  const isCut = new Promise<void>((resolve) => {
    cutDone = resolve;
  });
  const end = () => {
    isDead = true;
    kill();
    cutDone();
  };
  const cutsAt = (exchange: string, phase: Phase) =>
    !isDead &&
    cut?.exchange === exchange &&
    cut.phase === phase &&
    exchanges.filter((name) => name === exchange).length === 1;

  const serve = (client: Socket, target: { readonly host: string; readonly port: number }, protocol: Protocol) => {
    const upstream = dial(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    let exchange = "";
    let answer = Buffer.alloc(0);
    let isAsking = false;
    client.on("data", (chunk) => {
      if (isDead) return;
      if (!isAsking) {
        isAsking = true;
        answer = Buffer.alloc(0);
        exchange = protocol.nameOf(chunk);
        exchanges.push(exchange);
        if (cutsAt(exchange, "not forwarded")) return end();
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (isDead) return;
      answer = Buffer.concat([answer, chunk]);
      if (!protocol.isWhole(answer)) return;
      isAsking = false;
      if (cutsAt(exchange, "answer withheld")) return end();
      const isLast = cutsAt(exchange, "answered");
      client.write(answer);
      answer = Buffer.alloc(0);
      if (isLast) end();
    });
  };

  return {
    exchanges,
    isCut,
    async listen(target, protocol) {
      const server = createServer((client) => serve(client, target, protocol));
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      // SAFETY: a server that listens on TCP has an address with a port.
      return (server.address() as AddressInfo).port;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

// One running WhatsApp Web server: sockets, media and test API on one port.
import { writeFile } from "node:fs/promises";
import { getRequestListener } from "@hono/node-server";
import { createCertificate } from "./certificate.ts";
import type { WebSimulatorConfig } from "./config.ts";
import { createApp } from "./http/app.ts";
import { openPort } from "./port.ts";
import { Connection } from "./sockets/connection.ts";
import { dispatch } from "./sockets/dispatch.ts";
import { login } from "./sockets/login.ts";
import { World } from "./world.ts";

/** A server that listens. */
export type WebSimulator = {
  /** The test API and the page, such as http://127.0.0.1:4011. */
  readonly url: string;
  /** For Baileys' `waWebSocketUrl`, such as ws://127.0.0.1:4011/ws/chat. */
  readonly socketUrl: string;
  /** PEM of its certificate: clients must trust it for media. */
  readonly certificate: string;
  /** For tests in the same process. */
  readonly world: World;
  /** Stops: all sockets are cut. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts a server.
 * @throws when the port is taken (EADDRINUSE)
 */
export async function startWebSimulator(config: WebSimulatorConfig): Promise<WebSimulator> {
  const world = new World();
  const certificate = await createCertificate();
  const app = createApp(world, certificate.cert);
  const port = await openPort({
    port: config.port,
    certificate,
    onRequest: getRequestListener(app.fetch),
    socketPath: "/ws/chat",
    onSocket: (socket) => {
      new Connection(world, socket, {
        login: (connection, client) => login(world, connection, client),
        stanza: (connection, stanza) => dispatch(world, connection, stanza),
      });
    },
  });
  world.mediaHost = `localhost:${port.number}`;
  if (config.certificateFile !== undefined) await writeFile(config.certificateFile, certificate.cert);
  return {
    url: `http://127.0.0.1:${port.number}`,
    socketUrl: `ws://127.0.0.1:${port.number}/ws/chat`,
    certificate: certificate.cert,
    world,
    stop: async () => {
      world.reset();
      await port.close();
    },
  };
}

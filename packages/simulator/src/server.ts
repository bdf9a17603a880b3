// One running simulator: all routes on one port, and how it stops.
import type { Server } from "node:http";
import { type HttpBindings, serve } from "@hono/node-server";
import { Hono } from "hono";
import type { SimulatorConfig } from "./config.ts";
import { GraphError } from "./graph/errors.ts";
import { graphFailure, graphRoutes, unknownPath } from "./graph/routes.ts";
import { testRoutes } from "./http.ts";
import { requestFailure } from "./http-request.ts";
import { pageRoutes } from "./pages.ts";
import { queueRoutes } from "./queue/routes.ts";
import { eventStream } from "./stream.ts";
import { createWorld, type World } from "./world.ts";

/** A simulator that listens. */
export type Simulator = {
  /** Such as http://127.0.0.1:4010. */
  readonly url: string;
  /** Stops: no webhook is sent any more, open connections are closed. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts a simulator.
 * @param config - port 0 takes a free one
 * @throws when the port is taken (EADDRINUSE)
 */
export async function startSimulator(config: SimulatorConfig): Promise<Simulator> {
  const world = createWorld(config);
  const app = routes(world);
  const server = await new Promise<Server>((resolve, reject) => {
    // SAFETY: without `createServer` in the options this is a plain HTTP server.
    const listening = serve({ fetch: app.fetch, port: config.port, hostname: "127.0.0.1" }, (info) => {
      world.origin = `http://127.0.0.1:${info.port}`;
      resolve(listening);
    }) as Server;
    listening.once("error", reject);
  });
  return { url: world.origin, stop: () => stop(world, server) };
}

function routes(world: World): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (c, next) => {
    // The test API has no password, so that no other web page may call it through the browser.
    if (c.req.header("sec-fetch-site") === "cross-site" && c.req.method !== "GET")
      return c.json({ error: "Requests from other web pages are refused." }, 403);
    return next();
  });
  app.get("/events", (c) => eventStream(world, c));
  app.route("/", testRoutes(world));
  app.route("/queue/api", queueRoutes(world));
  app.route("/", pageRoutes(world));
  app.route("/", graphRoutes(world));
  app.notFound((c) => graphFailure(world, unknownPath(c.req.path), c));
  app.onError((error, c) => {
    if (error instanceof GraphError) return graphFailure(world, error, c);
    return requestFailure(error, c) ?? graphFailure(world, error, c);
  });
  return app;
}

async function stop(world: World, server: Server): Promise<void> {
  world.timers.clear();
  world.delivery.clear();
  world.hub.stop();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

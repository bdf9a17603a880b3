// The runner's page for machines: /health says that it runs, /status what it does.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import type { RunnerStatus } from "./runner.ts";

/** A server that can be closed. */
export interface HealthServer {
  close(): Promise<void>;
}

/** Thrown when RUNNER_PORT cannot be listened on. */
export class PortUnavailableError extends Error {
  override readonly name = "PortUnavailableError";
}

/**
 * Serves the runner's health; 503 until the runner has started.
 * @param status - gives the runner's status, undefined before it has one
 * @throws PortUnavailableError naming the port and the setting
 */
export async function startHealthServer(port: number, status: () => RunnerStatus | undefined): Promise<HealthServer> {
  const app = new Hono();
  app.get("/health", (c) => {
    const now = status();
    if (now === undefined) return c.json({ status: "starting" }, 503);
    return c.json({ status: "ok", worker: now.worker, listening: now.listening });
  });
  app.get("/status", (c) => c.json(status() ?? { status: "starting" }));
  return await new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () =>
      resolve({ close: () => new Promise<void>((closed) => server.close(() => closed())) }),
    );
    server.on("error", (error: NodeJS.ErrnoException) => reject(unavailable(port, error)));
  });
}

function unavailable(port: number, error: NodeJS.ErrnoException): PortUnavailableError {
  const reason = error.code === "EADDRINUSE" ? "is taken" : `cannot be listened on (${error.code ?? error.message})`;
  return new PortUnavailableError(`Port ${port} ${reason}; set RUNNER_PORT to a free one.`);
}

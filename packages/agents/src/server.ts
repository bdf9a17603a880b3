// One running copy of the agent service: listens, registers, and stops without losing a turn.
import { once } from "node:events";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Database } from "@switchboard/commons/db/database.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { createApp } from "./app.ts";
import type { AgentDefinition } from "./define-agent.ts";
import { knowledgeOf } from "./knowledge.ts";
import { languageModelAnswer } from "./models/language-model.ts";
import { keepRegistered } from "./registration.ts";
import type { AgentSettings } from "./settings.ts";
import { createTurnGate } from "./turn-gate.ts";

/** A running copy. */
export interface AgentServer {
  /**
   * Stops: /health says 503, the registry forgets this copy, turns in flight are finished.
   * @returns whether every turn was finished in time
   */
  stop(): Promise<boolean>;
}

/** What a copy is made of. */
export interface ServerOptions {
  readonly settings: AgentSettings;
  readonly agents: Readonly<Record<string, AgentDefinition>>;
  readonly db: Database;
  readonly log: Logger;
  readonly version: string;
  /** Milliseconds that turns in flight get when the program stops. */
  readonly drainMs?: number;
}

/** Thrown when AGENT_PORT cannot be listened on. */
export class PortUnavailableError extends Error {
  override readonly name = "PortUnavailableError";
}

/**
 * Starts a copy.
 * @throws PortUnavailableError when the port is taken
 */
export async function startServer(options: ServerOptions): Promise<AgentServer> {
  const { settings, agents, db, log, version, drainMs = 25_000 } = options;
  const gate = createTurnGate();
  const runtime = {
    searchKnowledge: knowledgeOf(db),
    ...(settings.languageModel === undefined ? {} : { askLanguageModel: languageModelAnswer(settings.languageModel) }),
  };
  const app = createApp({ agents, runtime, gate, log, version });
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await listen(server, settings);
  log.info("listening", {
    port: settings.port,
    model: settings.languageModel?.model ?? "built-in",
    agents: Object.keys(agents),
  });
  const registration = keepRegistered({ db, agents: Object.values(agents), url: settings.url, log });
  return {
    async stop() {
      gate.close();
      log.info("stopping", { inFlight: gate.inFlight });
      await registration.stop();
      const finished = await gate.idle(drainMs);
      const closed = once(server, "close");
      server.close();
      // Idle keep-alive connections at once; those that still carry an answer get a moment to take it.
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), finished ? 500 : 0);
      await closed;
      clearTimeout(timer);
      log.info("stopped", { finished });
      return finished;
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, { port, host }: AgentSettings): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    throw new PortUnavailableError(
      taken
        ? `Port ${port} is taken by another program. Stop that program, or set AGENT_PORT to a free port.`
        : `Cannot listen on port ${port} of ${host} (${error instanceof Error ? error.message : String(error)}). Set AGENT_PORT to another port.`,
    );
  }
}

// Tells the service registry that this copy exists: each agent is the service `agent:<name>`, this copy an endpoint of it.

import type { Database } from "@switchboard/commons/db/database.ts";
import {
  deregisterServiceEndpoint,
  registerService,
  registerServiceEndpoint,
} from "@switchboard/commons/db/services.ts";
import { toError } from "@switchboard/commons/errors.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import type { AgentDefinition } from "./define-agent.ts";

/** How often the registry hears that this copy is alive. */
export const HEARTBEAT_MS = 20_000;
/** First and longest pause between tries while Postgres is away. */
const RETRY_MS = { first: 500, most: 5_000 };
/** The registry waits this much longer than the agent, so that the agent's own 504 arrives. */
const GRACE_MS = 1_000;
/** Longest time that leaving the registry may hold up the end of the program. */
const LEAVE_MS = 3_000;

/** A registration that is kept alive. */
export interface Registration {
  /** Whether the last heartbeat arrived. */
  readonly registered: boolean;
  /** Ends the heartbeat and takes the endpoints out of the registry; gives up quietly when Postgres is away. */
  stop(): Promise<void>;
}

/** SQLSTATE foreign_key_violation: register_service_endpoint names a service that is not registered. */
const UNKNOWN_SERVICE = "23503";

/** What is registered, and where. */
export interface RegistrationOptions {
  readonly db: Database;
  readonly agents: readonly AgentDefinition[];
  /** Where callers reach this copy. */
  readonly url: string;
  readonly log: Logger;
  /** Milliseconds between heartbeats. */
  readonly heartbeatMs?: number;
}

/** Registers every agent now and every heartbeat; tries again while Postgres is away. */
export function keepRegistered(options: RegistrationOptions): Registration {
  const { log, heartbeatMs = HEARTBEAT_MS } = options;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let registered = false;
  let started = true;
  let warned = false;
  let pause = RETRY_MS.first;
  const beat = async () => {
    try {
      await register(options, started);
      if (!registered) log.info("registered", { url: options.url, agents: options.agents.length });
      registered = true;
      started = false;
      warned = false;
      pause = RETRY_MS.first;
    } catch (error) {
      if (!warned) log.warn("cannot register; trying again", { error: toError(error) });
      warned = true;
      // The database was made anew: it does not know the service any more.
      started ||= error instanceof Error && "code" in error && error.code === UNKNOWN_SERVICE;
      registered = false;
      pause = Math.min(pause * 2, RETRY_MS.most);
    }
    if (!stopped) timer = setTimeout(next, registered ? heartbeatMs : pause);
  };
  let beating: Promise<void> = Promise.resolve();
  const next = () => {
    beating = beat();
  };
  next();
  return {
    get registered() {
      return registered;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await withinTime(beating.then(() => deregister(options)));
    },
  };
}

async function register({ db, agents, url }: RegistrationOptions, started: boolean): Promise<void> {
  for (const agent of agents) {
    const name = serviceName(agent);
    const timeoutMs = agent.timeoutMs + GRACE_MS;
    if (started) await registerService(db, { name, kind: "agent", timeoutMs, maxAttempts: agent.maxAttempts });
    await registerServiceEndpoint(db, name, url, started);
  }
}

async function deregister({ db, agents, url, log }: RegistrationOptions): Promise<void> {
  try {
    for (const agent of agents) await deregisterServiceEndpoint(db, serviceName(agent), url);
    log.info("deregistered", { url });
  } catch (error) {
    log.warn("cannot deregister; the registry will notice by itself", {
      error: toError(error),
    });
  }
}

async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LEAVE_MS);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

function serviceName(agent: AgentDefinition): string {
  return `agent:${agent.name}`;
}

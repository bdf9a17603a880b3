// The runner as a whole: a worker for every queue, the linked devices, the listener that wakes them, the sweeper, and the heartbeat.

import { hostname } from "node:os";
import type { Setting } from "@switchboard/commons/env.ts";
import { laneHandlers } from "@switchboard/commons/handlers/index.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import type { RegistryStatus } from "@switchboard/commons/services/status.ts";
import { openWorkContext, workSettings } from "@switchboard/commons/work/context.ts";
import type { LaneWorkStats } from "@switchboard/commons/work/lane-work.ts";
import { QueueWorker } from "@switchboard/commons/work/queue-worker.ts";
import { syncDueTemplates } from "@switchboard/commons/work/template-sync.ts";
import { Fleet, type FleetStatus } from "./baileys/fleet.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { listen } from "./listen.ts";
import { sessionSettings } from "./session-settings.ts";
import { startSweeping } from "./sweeper.ts";

/** What the listener hears when a session changes hands (wake_session_workers.sql). */
const SESSIONS = "sessions";

/** The settings of the runner. */
export const runnerSettings = [...workSettings, ...sessionSettings, "RUNNER_PORT", "LOG_LEVEL"] as const;
/** The values of `runnerSettings`. */
export type RunnerSettings = { readonly [K in (typeof runnerSettings)[number]]: Setting<K> };

/** A runner at work. */
export interface Runner {
  /** Its name among all workers. */
  readonly worker: string;
  /** What its health page shows. */
  status(): RunnerStatus;
  /** Finishes what it has in hand, at most `graceSeconds` long, and gives the rest back. */
  stop(graceSeconds: number): Promise<void>;
}

/** How a runner is. */
export interface RunnerStatus {
  readonly worker: string;
  readonly listening: boolean;
  readonly queues: Readonly<Record<string, Readonly<LaneWorkStats>>>;
  readonly registry: RegistryStatus;
  readonly fleet: FleetStatus;
}

/**
 * Starts to work. A database that is away is no reason not to start: work begins when it is back.
 * @throws ConfigError naming the settings to mend
 */
export async function startRunner(settings: RunnerSettings, log: Logger): Promise<Runner> {
  const worker = `${hostname()} ${process.pid} ${crypto.randomUUID().slice(0, 8)}`;
  const context = await openWorkContext(worker, { log, background: true });
  const options = {
    context,
    concurrency: settings.QUEUE_CONCURRENCY,
    leaseSeconds: settings.QUEUE_LEASE_SECONDS,
    pollSeconds: settings.QUEUE_POLL_SECONDS,
    shards: context.shards,
  };
  const workers = new Map<string, QueueWorker>(
    laneHandlers.map((handler) => [handler.queue, new QueueWorker({ ...options, handler })]),
  );
  const fleet = new Fleet({ worker, shards: context.shards, settings, db: context.db, log });
  const detail = () => ({ shards: settings.SHARD_COUNT, ...fleet.report() });
  const sayGoodbye = await startHeartbeat(context.db, { worker, detail, log });
  for (const each of workers.values()) each.start();
  const listener = listen(settings, {
    log,
    onQueue: (queue) => (queue === SESSIONS ? fleet : workers.get(queue))?.wake(),
    onConnect: () => {
      fleet.wake();
      for (const each of workers.values()) each.wake();
    },
  });

  const stopSweeping = startSweeping(context.db, {
    shards: context.shards,
    worker,
    log,
    afterwards: (signal) => syncDueTemplates(context, signal),
  });

  return {
    worker,
    status: () => ({
      worker,
      listening: listener.connected(),
      queues: Object.fromEntries([...workers].map(([queue, { stats }]) => [queue, stats])),
      registry: context.registry.status(),
      fleet: fleet.status(),
    }),
    async stop(graceSeconds) {
      // Nothing new is claimed; what is in hand is sent over the connections that are there; then those are given back.
      fleet.stopClaiming();
      const finished = [...workers.values()].map((each) => each.stop(graceSeconds));
      await Promise.all([...finished, stopSweeping()]);
      await fleet.stop();
      await Promise.all([sayGoodbye(), listener.close()]);
      await context.close();
    },
  };
}

// The load generator as the bench sees it: a worker thread that carries out one order after the other.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { WebhookSource } from "./webhook.ts";

/** One run of load. */
export interface LoadOrder {
  readonly url: string;
  /** Callers at the same time. */
  readonly inFlight: number;
  /** Nothing is begun after this. */
  readonly milliseconds: number;
  readonly source: WebhookSource;
  /** What every good answer holds. */
  readonly expected: string;
}

/** What came of it. */
export interface LoadReport {
  /** In milliseconds, from the first byte sent to the last received. */
  readonly latencies: number[];
  /** Answers that were not 200 or not as expected; counted among the latencies too. */
  readonly failures: number;
  readonly firstFailure: string;
  readonly milliseconds: number;
  /** CPU time of the client's thread. */
  readonly cpuMs: number;
}

/** A load generator. */
export interface LoadGenerator {
  run(order: LoadOrder): Promise<LoadReport>;
  close(): Promise<void>;
}

/** Starts the thread. */
export function startLoadGenerator(): LoadGenerator {
  const worker = new Worker(new URL("./load-worker.ts", import.meta.url));
  return {
    async run(order) {
      worker.postMessage(order);
      // SAFETY: the worker answers every order with a report.
      const [report] = (await once(worker, "message")) as [LoadReport];
      return report;
    },
    async close() {
      await worker.terminate();
    },
  };
}

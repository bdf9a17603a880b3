// Starts the queue-worker function behind a webhook's response, for deployments without a runner.
import type { Setting } from "@switchboard/commons/env.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { coalesce } from "@switchboard/commons/work/coalesce.ts";

/** The wall clock of a hosted function: a call that takes longer has lost its other side. */
const TIMEOUT_MS = 150_000;

declare const EdgeRuntime: { waitUntil<T>(promise: Promise<T>): Promise<T> } | undefined;

/** Starts the serverless drain, behind the response; does not throw. */
export type DrainStarter = (correlationId: string) => void;

/** Where the function is, and what opens it. */
export interface DrainTarget {
  readonly SUPABASE_URL: Setting<"SUPABASE_URL">;
  readonly SUPABASE_SECRET_KEYS: Setting<"SUPABASE_SECRET_KEYS">;
}

/**
 * Calls the queue-worker function, one call at a time: a run goes on while it finds work, so what comes meanwhile needs
 * one more call at most. Its answer says nothing to anybody here.
 */
export function drainByFunction(settings: DrainTarget, log: Logger): DrainStarter {
  const [key = ""] = Object.values(settings.SUPABASE_SECRET_KEYS);
  let correlationId = "";
  const call = async () => {
    const id = correlationId;
    try {
      const response = await fetch(`${settings.SUPABASE_URL}/functions/v1/queue-worker`, {
        method: "POST",
        headers: { apikey: key, "x-correlation-id": id },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok)
        log.warn("the queue-worker function refused to start", { correlationId: id, status: response.status });
    } catch (error) {
      log.warn("the queue-worker function could not be reached", {
        correlationId: id,
        error: error instanceof Error ? error : String(error),
      });
    }
  };
  const drain = coalesce(call);
  return (id) => {
    correlationId = id;
    const done = drain();
    if (typeof EdgeRuntime !== "undefined") EdgeRuntime.waitUntil(done);
  };
}

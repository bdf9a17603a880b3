// The one place for how long work may take, how often it is tried, when a service is spared, and how long a repetition
// is recognised. Each figure can be set by a variable (env.ts); nothing else stands in the code.
import { readSettings } from "./env.ts";

/** What an operation is, as far as its time is concerned. */
export type TimeoutKind = "default" | "agent" | "payment" | "media";

/** When a circuit breaker opens and how long it stays open. */
export interface BreakerPolicy {
  /** Opens above this share of failed calls. */
  readonly errorThresholdPercentage: number;
  /** Time from open to half-open. */
  readonly resetTimeoutMs: number;
  /** Fewer calls than this within the window never open it. */
  readonly volumeThreshold: number;
  /** Calls older than this are forgotten; shorter than the reset, so that a breaker that closes starts clean. */
  readonly windowMs: number;
}

/** How work is limited and repeated. */
export interface WebhookConfig {
  /** Longest time of one try, in milliseconds. */
  readonly timeouts: Readonly<Record<TimeoutKind, number>>;
  /** Tries of one call while somebody waits for it: doubled (`factor`) from the first pause to the longest. */
  readonly retry: {
    readonly attempts: number;
    readonly factor: number;
    readonly firstMs: number;
    readonly mostMs: number;
  };
  /** Tries of a piece of work in its queue before it goes to the dead letters; the pauses are backoff.sql's. */
  readonly queue: { readonly tries: number };
  /** By the kind of service. */
  readonly breakers: Readonly<Record<"standard" | "agent", BreakerPolicy>>;
  /** How long a provider's message id is remembered, in days; undefined: as app.retention says. */
  readonly dedupe: { readonly keepDays: number | undefined };
}

const NAMES = [
  "WEBHOOK_TIMEOUT_SECONDS",
  "WEBHOOK_AGENT_TIMEOUT_SECONDS",
  "WEBHOOK_PAYMENT_TIMEOUT_SECONDS",
  "WEBHOOK_MEDIA_TIMEOUT_SECONDS",
  "WEBHOOK_RETRY_ATTEMPTS",
  "WEBHOOK_RETRY_FACTOR",
  "WEBHOOK_RETRY_FIRST_SECONDS",
  "WEBHOOK_RETRY_MOST_SECONDS",
  "WEBHOOK_QUEUE_TRIES",
  "WEBHOOK_BREAKER_PERCENT",
  "WEBHOOK_BREAKER_RESET_SECONDS",
  "WEBHOOK_AGENT_BREAKER_PERCENT",
  "WEBHOOK_AGENT_BREAKER_RESET_SECONDS",
  "WEBHOOK_DEDUPE_DAYS",
] as const;

/**
 * Reads the configuration.
 * @param source - the variables; by default those of the process
 * @throws ConfigError naming what is malformed
 */
export function readWebhookConfig(source?: Readonly<Record<string, string | undefined>>): WebhookConfig {
  const env = readSettings(NAMES, source);
  const breaker = (percentage: number, resetSeconds: number): BreakerPolicy => ({
    errorThresholdPercentage: percentage,
    resetTimeoutMs: resetSeconds * 1000,
    volumeThreshold: 5,
    windowMs: (resetSeconds * 1000) / 2,
  });
  return {
    timeouts: {
      default: env.WEBHOOK_TIMEOUT_SECONDS * 1000,
      agent: env.WEBHOOK_AGENT_TIMEOUT_SECONDS * 1000,
      payment: env.WEBHOOK_PAYMENT_TIMEOUT_SECONDS * 1000,
      media: env.WEBHOOK_MEDIA_TIMEOUT_SECONDS * 1000,
    },
    retry: {
      attempts: env.WEBHOOK_RETRY_ATTEMPTS,
      factor: env.WEBHOOK_RETRY_FACTOR,
      firstMs: env.WEBHOOK_RETRY_FIRST_SECONDS * 1000,
      mostMs: Math.max(env.WEBHOOK_RETRY_FIRST_SECONDS, env.WEBHOOK_RETRY_MOST_SECONDS) * 1000,
    },
    queue: { tries: env.WEBHOOK_QUEUE_TRIES },
    breakers: {
      standard: breaker(env.WEBHOOK_BREAKER_PERCENT, env.WEBHOOK_BREAKER_RESET_SECONDS),
      agent: breaker(env.WEBHOOK_AGENT_BREAKER_PERCENT, env.WEBHOOK_AGENT_BREAKER_RESET_SECONDS),
    },
    dedupe: { keepDays: env.WEBHOOK_DEDUPE_DAYS },
  };
}

let known: WebhookConfig | undefined;
/** Read at its first use, so that a program that starts can say what is malformed. */
function current(): WebhookConfig {
  known ??= readWebhookConfig();
  return known;
}

/** The configuration of this process. */
export const WEBHOOK_CONFIG: WebhookConfig = {
  get timeouts() {
    return current().timeouts;
  },
  get retry() {
    return current().retry;
  },
  get queue() {
    return current().queue;
  },
  get breakers() {
    return current().breakers;
  },
  get dedupe() {
    return current().dedupe;
  },
};

// The switches that make the simulator as unpleasant as a real network: what can be set, what is set, and the dice.
import { z } from "zod";

const probability = z.number().min(0).max(1);
const range = z
  .strictObject({ min: z.number().min(0).max(600_000), max: z.number().min(0).max(600_000) })
  .refine((value) => value.min <= value.max, "min must not be greater than max");
const graph = z.strictObject({
  /** Meta's error code for sends; null: no error. */
  errorCode: z.number().int().nullable(),
  /** HTTP status of that error; null: the one that Meta uses for the code. */
  httpStatus: z.number().int().min(400).max(599).nullable(),
  /** How likely a send is refused once `errorCode` is set. */
  probability,
  /** How many more sends are refused; null: no end. Counts down. */
  count: z.number().int().min(0).nullable(),
  /** Every Graph call takes this much longer. */
  latencyMs: z.number().min(0).max(120_000),
  /** How likely a send is accepted and delivered while its caller gets no answer, only a closed socket. */
  hangProbability: probability,
  /** An accepted send fails later, by a `failed` status with this code; null: it does not. */
  laterErrorCode: z.number().int().nullable(),
  /** How likely, once `laterErrorCode` is set. */
  laterProbability: probability,
});
const throttle = z.strictObject({
  /** Sends a second and number (130429); null: no limit. */
  perSecond: z.number().positive().nullable(),
  /** Sends to one customer in a burst (131056); null: no limit. */
  pairBurst: z.number().int().positive().nullable(),
  /** After the burst, one send to that customer in so many seconds. */
  pairSeconds: z.number().positive(),
  /** Free text is allowed so long after the customer's last message (131047); null: always. */
  windowHours: z.number().positive().nullable(),
  /** How a closed window shows: `error` at once, or `status`: accepted, then failed. Meta does both. */
  windowAnswer: z.enum(["error", "status"]),
});

/** Everything that can be switched. */
export const chaosSchema = z.strictObject({
  /** So many copies of a webhook besides the first. */
  duplicate: z.number().int().min(0).max(20),
  /** How likely a webhook is copied. */
  duplicateProbability: probability,
  /** Webhooks of one customer overtake each other. */
  reorder: z.boolean(),
  /** Every webhook waits that long first; order is kept unless `reorder`. */
  delayMs: range,
  /** Events that come within `windowMs` share one POST of up to `size`. */
  batch: z.strictObject({ size: z.number().int().min(1).max(1000), windowMs: z.number().min(0).max(60_000) }),
  /** How likely an event is lost for ever. */
  dropProbability: probability,
  /** The order in which the statuses of one message come. */
  statusOrder: z.enum(["normal", "reversed", "shuffled"]),
  /** Time between two statuses of one message; a number means exactly that. */
  statusDelayMs: z.union([
    z
      .number()
      .min(0)
      .max(600_000)
      .transform((value) => ({ min: value, max: value })),
    range,
  ]),
  /** Webhook POSTs at the same time. */
  maxInFlight: z.number().int().min(1).max(500),
  /** Wait before the first retry; doubles up to `maxMs`, with jitter. */
  retry: z.strictObject({ firstMs: z.number().min(1).max(600_000), maxMs: z.number().min(1).max(600_000) }),
  graph,
  throttle,
});

/** A change: any of the switches; the nested ones are merged too. */
export const chaosPatchSchema = chaosSchema
  .extend({
    graph: graph.partial().optional(),
    throttle: throttle.partial().optional(),
    batch: chaosSchema.shape.batch.partial().optional(),
    retry: chaosSchema.shape.retry.partial().optional(),
  })
  .partial();

/** The state of every switch. */
export type ChaosSettings = z.output<typeof chaosSchema>;
/** A change of some switches. */
export type ChaosPatch = z.output<typeof chaosPatchSchema>;

/** Nothing goes wrong, and Meta's own limits hold. */
export function calm(): ChaosSettings {
  return {
    duplicate: 0,
    duplicateProbability: 1,
    reorder: false,
    delayMs: { min: 0, max: 0 },
    batch: { size: 1, windowMs: 0 },
    dropProbability: 0,
    statusOrder: "normal",
    statusDelayMs: { min: 40, max: 160 },
    maxInFlight: 16,
    retry: { firstMs: 1_000, maxMs: 10_000 },
    graph: {
      errorCode: null,
      httpStatus: null,
      probability: 1,
      count: null,
      latencyMs: 0,
      hangProbability: 0,
      laterErrorCode: null,
      laterProbability: 1,
    },
    throttle: { perSecond: 80, pairBurst: 45, pairSeconds: 6, windowHours: 24, windowAnswer: "error" },
  };
}

/** The switches and the dice. */
export class Chaos {
  settings: ChaosSettings = calm();

  /** Changes some switches and leaves the others. */
  change(patch: ChaosPatch): void {
    const { graph, throttle, batch, retry, ...rest } = patch;
    const now = this.settings;
    this.settings = {
      ...now,
      ...rest,
      graph: { ...now.graph, ...graph },
      throttle: { ...now.throttle, ...throttle },
      batch: { ...now.batch, ...batch },
      retry: { ...now.retry, ...retry },
    };
  }

  /** Switches everything off. */
  reset(): void {
    this.settings = calm();
  }

  /** Whether the next send is refused, and with which code; counts `graph.count` down. */
  takeGraphError(): { readonly code: number; readonly httpStatus: number | null } | undefined {
    const { errorCode, httpStatus, probability, count } = this.settings.graph;
    if (errorCode === null || count === 0 || !chance(probability)) return undefined;
    if (count !== null) this.change({ graph: { count: count - 1 } });
    return { code: errorCode, httpStatus };
  }
}

/** True with the given probability. */
export function chance(probability: number): boolean {
  return probability > 0 && Math.random() < probability;
}

/** A random number of the range. */
export function within(range: { readonly min: number; readonly max: number }): number {
  return range.min + Math.random() * (range.max - range.min);
}

/** The items in random order. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

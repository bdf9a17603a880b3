// The switches that make the simulator as unpleasant as a real network: what can be set, what is set, and the dice.
import { z } from "zod";
import { Dice } from "./dice.ts";

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
  /** Media by `link` is really fetched, as Meta does: what cannot be fetched fails later (131053). */
  fetchLinks: z.boolean(),
  /** Every Graph call takes this much longer. */
  latencyMs: z.number().min(0).max(120_000),
  /** How likely a send is accepted and delivered while its caller does not learn of it. */
  hangProbability: probability,
  /** What that caller gets: a `close`d socket, `silence` until it gives up, or an `error` 500 or 503. */
  hangHow: z.enum(["close", "silence", "error"]),
  /** How likely a send is refused before it is looked at: it never reaches the phone. */
  refuseProbability: probability,
  /** What that caller gets; `html`: the 5xx page of a gateway instead of Meta's JSON. */
  refuseHow: z.enum(["error", "html", "close", "silence"]),
  /** HTTP status of those errors; null: 500 or 503, as the dice fall. */
  refuseStatus: z.number().int().min(500).max(599).nullable(),
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
  /** How a marketing template to somebody who stopped them shows (131050). */
  stopAnswer: z.enum(["error", "status"]),
});

/** What is wrong with a file when the business fetches it; each can also be asked for one file alone. */
export const mediaFaultsSchema = z.strictObject({
  /** The sha256 in the webhook and in the look-up is that of other bytes. */
  wrongSha256: z.boolean(),
  /** `file_size` of the look-up; null: the truth. */
  fileSize: z.number().int().positive().nullable(),
  /** The download gives so many bytes, whatever the file has; null: the file. */
  streamBytes: z.number().int().positive().nullable(),
  /** The download is an HTML page with status 200. */
  html: z.boolean(),
  /** So many downloads answer 404 first. */
  notFound: z.number().int().min(0),
  /** The address in the webhook has ended already; a look-up gives one that works. */
  expiredUrl: z.boolean(),
  /** The download answers 302: true to another host name of the simulator, or to this address. */
  redirect: z.union([z.boolean(), z.url()]),
});
const step = z.enum(["sent", "delivered", "read"]);

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
  /** What the dice start from, so that a run can be had again; null: chance. */
  seed: z.number().int().nullable(),
  /** The order in which the statuses of one message come; a list names it. */
  statusOrder: z.union([z.enum(["normal", "reversed", "shuffled"]), z.array(step).min(1).max(3)]),
  /** Statuses that never come, as `delivered` when a message is read at once. */
  statusSkip: z.array(step).max(3),
  /** How many more times each status comes, under a webhook of its own. */
  statusCopies: z.number().int().min(0).max(10),
  /** All statuses of a message share one webhook. */
  statusTogether: z.boolean(),
  /** The statuses are posted and answered before the send is answered. */
  statusBeforeAnswer: z.boolean(),
  /** What happens to a template that was created or edited, after a moment. */
  templateReview: z.enum(["approve", "reject", "hold"]),
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
  /** What is wrong with every file that customers send from now on. */
  media: mediaFaultsSchema,
});

/** A change: any of the switches; the nested ones are merged too. */
export const chaosPatchSchema = chaosSchema
  .extend({
    graph: graph.partial().optional(),
    throttle: throttle.partial().optional(),
    media: mediaFaultsSchema.partial().optional(),
    batch: chaosSchema.shape.batch.partial().optional(),
    retry: chaosSchema.shape.retry.partial().optional(),
  })
  .partial();

/** What is wrong with one file. */
export type MediaFaults = z.output<typeof mediaFaultsSchema>;
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
    seed: null,
    statusOrder: "normal",
    statusSkip: [],
    statusCopies: 0,
    statusTogether: false,
    statusBeforeAnswer: false,
    templateReview: "approve",
    statusDelayMs: { min: 40, max: 160 },
    maxInFlight: 16,
    retry: { firstMs: 1_000, maxMs: 10_000 },
    graph: {
      errorCode: null,
      httpStatus: null,
      probability: 1,
      count: null,
      fetchLinks: false,
      latencyMs: 0,
      hangProbability: 0,
      hangHow: "close",
      refuseProbability: 0,
      refuseHow: "error",
      refuseStatus: null,
      laterErrorCode: null,
      laterProbability: 1,
    },
    throttle: {
      perSecond: 80,
      pairBurst: 45,
      pairSeconds: 6,
      windowHours: 24,
      windowAnswer: "error",
      stopAnswer: "status",
    },
    media: {
      wrongSha256: false,
      fileSize: null,
      streamBytes: null,
      html: false,
      notFound: 0,
      expiredUrl: false,
      redirect: false,
    },
  };
}

/** The switches and the dice. */
export class Chaos {
  /** Decide about Graph calls. */
  readonly dice = new Dice();
  /** Decide about webhooks; apart, so that a seed repeats the fates of sends whatever the network does. */
  readonly webhookDice = new Dice();
  settings: ChaosSettings = calm();

  /** Changes some switches and leaves the others; a `seed` starts the dice over. */
  change(patch: ChaosPatch): void {
    const { graph, throttle, batch, retry, media, ...rest } = patch;
    const now = this.settings;
    this.settings = {
      ...now,
      ...rest,
      graph: { ...now.graph, ...graph },
      throttle: { ...now.throttle, ...throttle },
      batch: { ...now.batch, ...batch },
      retry: { ...now.retry, ...retry },
      media: { ...now.media, ...media },
    };
    if (patch.seed !== undefined) this.#seed(patch.seed);
  }

  /** Switches everything off. */
  reset(): void {
    this.settings = calm();
    this.#seed(null);
  }

  /** Whether the next send is refused, and with which code; counts `graph.count` down. */
  takeGraphError(): { readonly code: number; readonly httpStatus: number | null } | undefined {
    const { errorCode, httpStatus, probability, count } = this.settings.graph;
    if (errorCode === null || count === 0 || !this.dice.chance(probability)) return undefined;
    if (count !== null) this.change({ graph: { count: count - 1 } });
    return { code: errorCode, httpStatus };
  }

  #seed(seed: number | null): void {
    this.dice.seed(seed);
    this.webhookDice.seed(seed);
  }
}

// One worker process of a history run: the product's own QueueWorker, with a handler that does what the message's fate
// says. Everything it is given stands in its first argument, as JSON.
import { connectionConfig, createDatabase } from "@switchboard/commons/db/database.ts";
import {
  type ClaimedLane,
  completeQueueMessages,
  holdLane,
  scheduleMessageRetry,
} from "@switchboard/commons/db/queue.ts";
import { errorToJson, StaleLeaseError, WorkflowError } from "@switchboard/commons/errors.ts";
import type { HandlerContext, LaneHandler } from "@switchboard/commons/handlers/handler.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { QueueWorker } from "@switchboard/commons/work/queue-worker.ts";
import pg from "pg";
import { fateOf, MAX_TRIES, PER_LANE, reasonOf } from "./fate.ts";
import { NoteFile, witnessed } from "./witness.ts";

/** What a worker process is given. */
export interface WorkerSettings {
  readonly url: string;
  readonly name: string;
  /** Its own file for notes. */
  readonly notes: string;
  readonly seed: number;
  readonly leaseSeconds: number;
}

const CONCURRENCY = 16;
const CONNECTIONS = 6;
const HOLD_MS = 200;
const LISTEN_AGAIN_MS = 300;
const GRACE_SECONDS = 1;

class InjectedFailure extends WorkflowError {
  override readonly name = "InjectedFailure";
  constructor(reason: string) {
    super(reason, { code: "injected", retryable: true });
  }
}

if (import.meta.main) run(JSON.parse(process.argv[2] ?? "{}"));

function run(settings: WorkerSettings): void {
  const { url, name } = settings;
  const notes = new NoteFile(settings.notes, name);
  const connection = { url, role: "service_role", applicationName: `history ${name}` };
  const pool = createDatabase({ ...connection, size: CONNECTIONS });
  const context = { db: witnessed(pool, notes), log: createLogger(name, "silent"), worker: name };
  const worker = new QueueWorker({
    handler: testHandler(settings, notes),
    // SAFETY: QueueWorker and the handler below use these three; the others are for the product's handlers.
    context: context as unknown as HandlerContext,
    concurrency: CONCURRENCY,
    leaseSeconds: settings.leaseSeconds,
    shards: [0],
    pollSeconds: 0.5,
  });
  worker.start();
  listen(connectionConfig(connection), () => worker.wake());
  process.on("disconnect", () => process.exit(1)); // whoever started it has died
  process.on("SIGTERM", () => void worker.stop(GRACE_SECONDS).then(() => process.exit(0)));
}

/** Wakes the worker when there is work; a connection that breaks is made anew. */
function listen(config: pg.ClientConfig, onWork: () => void): void {
  const client = new pg.Client(config);
  let isOver = false;
  const again = () => {
    if (isOver) return;
    isOver = true;
    client.end().catch(() => undefined);
    setTimeout(() => listen(config, onWork), LISTEN_AGAIN_MS);
  };
  client.on("notification", onWork);
  client.on("error", again);
  client.on("end", again);
  client
    .connect()
    .then(() => client.query("listen switchboard_queue"))
    .then(onWork)
    .catch(again);
}

/**
 * Does to each message what its fate says. When the lease is lost it goes on all the same and presents its stale token:
 * the engine has to refuse it, however stubborn a worker is.
 */
function testHandler({ seed, leaseSeconds }: WorkerSettings, notes: NoteFile): LaneHandler {
  return {
    queue: "inbound",
    perLane: PER_LANE,
    async handle(lane, { db }, signal) {
      let done = 0;
      for (const { seq, payload } of lane.messages) {
        const id = idOf(payload);
        const fate = fateOf(seed, id, leaseSeconds);
        const about = { lane: lane.laneId, token: lane.token, seq, id };
        notes.write({ note: "begin", ...about });
        await new Promise((resolve) => setTimeout(resolve, fate.milliseconds));
        if (signal.aborted && !(signal.reason instanceof StaleLeaseError)) throw signal.reason;
        const tries = done === 0 ? lane.tries : 1;
        if (tries <= fate.failures) {
          notes.write({ note: "fail", ...about });
          if (done === 0) throw new InjectedFailure(reasonOf(id));
          break; // what was done before it is given back as done; then it is the head
        }
        notes.write({ note: "end", ...about });
        done = seq;
      }
      await completeQueueMessages(db, lane, done);
    },
    async fail(lane, { db }, error) {
      if (error instanceof InjectedFailure) return await retryHead(lane, error);
      // Postgres was away: not the message's fault, so it is no try of it.
      await holdLane(db, lane, new Date(Date.now() + HOLD_MS));
      return "retry";

      async function retryHead({ messages: [head] }: ClaimedLane, cause: InjectedFailure): Promise<"retry" | "dead"> {
        if (head === undefined) throw cause;
        const { retryAfterSeconds } = fateOf(seed, idOf(head.payload), leaseSeconds);
        const failure = { error: errorToJson(cause), maxTries: MAX_TRIES, retryAfterSeconds };
        return await scheduleMessageRetry(db, lane, head.seq, failure);
      }
    },
  };
}

function idOf(payload: unknown): number {
  if (typeof payload === "object" && payload !== null && "id" in payload) return Number(payload.id);
  throw new Error("A message of a history run without an id.");
}

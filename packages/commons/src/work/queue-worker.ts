// Works one queue until it is stopped: claims, and sleeps until there is more. What happens to a lane stands in
// lane-work.ts.
import { setDoorbell } from "../db/queue.ts";
import { toError } from "../errors.ts";
import { Alarm } from "./alarm.ts";
import { LaneWork, type LaneWorkOptions, type LaneWorkStats } from "./lane-work.ts";

/** How to work a queue. */
export interface QueueWorkerOptions extends Omit<LaneWorkOptions, "onEnd"> {
  /** Longest sleep when nothing wakes the worker. */
  readonly pollSeconds: number;
}

/** A lane that is due and was not given (somebody has it locked, the clocks differ) is looked for again after this ... */
const SHORTEST_SLEEP_MS = 5;
/** ... doubled each time, up to this. */
const LONGEST_SHORT_SLEEP_MS = 500;
/**
 * A worker that falls asleep hangs out its bell and looks again after these times: whoever saw no bell may have put work
 * into the queue just before it hung there.
 */
const LOOK_AGAIN_MS = [5, 20, 100];
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Works one queue. */
export class QueueWorker {
  readonly #options: QueueWorkerOptions;
  readonly #lanes: LaneWork;
  /** Rung by whoever knows of work, and by `stop`. */
  readonly #work = new Alarm();
  /** Rung by `stop` only: while Postgres is away, news of work must not hurry anybody. */
  readonly #pause = new Alarm();
  /** How often in a row a lane was due and not given. */
  #misses = 0;
  /** Until when its bell hangs out, and how often it has looked again since it hung it out. */
  #bellUntil = Number.NEGATIVE_INFINITY;
  #looks = 0;
  #isStopping = false;
  #loop: Promise<void> | undefined;

  constructor(options: QueueWorkerOptions) {
    this.#options = options;
    this.#lanes = new LaneWork({ ...options, onEnd: () => this.wake() });
  }

  /** Counts since the start. */
  get stats(): Readonly<LaneWorkStats> {
    return this.#lanes.stats;
  }

  /** Starts to work; once. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Says that there may be work: ends a sleep at once. */
  wake(): void {
    this.#work.ring();
  }

  /** Stops in order: claims nothing more, lets handlers finish, after `graceSeconds` ends them and gives their lanes back. */
  async stop(graceSeconds: number): Promise<void> {
    this.#isStopping = true;
    this.#work.ring();
    this.#pause.ring();
    await Promise.all([this.#loop, this.#lanes.close(graceSeconds)]);
    // A claim that was under way may have brought lanes after all.
    await this.#lanes.close(0);
    await this.#hangBell(undefined).catch(() => undefined); // it runs out by itself
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopping) {
      try {
        this.#work.reset();
        const claimed = await this.#lanes.claim();
        if (claimed === 0) await this.#rest();
        else this.#misses = 0;
        failures = 0;
      } catch (error) {
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
        failures += 1;
        this.#options.context.log.warn("cannot claim work; trying again", {
          queue: this.#options.handler.queue,
          error: toError(error),
          pauseMs,
        });
        await this.#pause.sleep(pauseMs);
      }
    }
  }

  /** Sleeps until somebody rings, or there may be something to do. */
  async #rest(): Promise<void> {
    const { hasRoom } = this.#lanes;
    const pollMs = this.#options.pollSeconds * 1000;
    if (hasRoom && Date.now() + pollMs > this.#bellUntil) {
      if (Date.now() > this.#bellUntil) this.#looks = 0;
      await this.#hangBell(2 * this.#options.pollSeconds + 1);
    }
    const lookMs = hasRoom ? (LOOK_AGAIN_MS[this.#looks] ?? pollMs) : pollMs;
    const sleepMs = Math.min(await this.#idleMs(), lookMs);
    this.#looks += 1;
    await this.#work.sleep(sleepMs);
  }

  /** Asks to be woken for so long from now; undefined: no more. */
  async #hangBell(sleepSeconds: number | undefined): Promise<void> {
    const { context, handler } = this.#options;
    const bell = sleepSeconds === undefined ? {} : { sleepSeconds };
    await setDoorbell(context.db, handler.queue, { worker: context.worker, ...bell });
    this.#bellUntil = Date.now() + (sleepSeconds ?? 0) * 1000;
  }

  /** How long to sleep when nothing was claimed. */
  async #idleMs(): Promise<number> {
    const pollMs = this.#options.pollSeconds * 1000;
    if (!this.#lanes.hasRoom) return pollMs;
    const next = await this.#lanes.nextAt();
    if (next === null) return pollMs;
    const dueMs = next.getTime() - Date.now();
    this.#misses = dueMs > 0 ? 0 : this.#misses + 1;
    const shortestMs = Math.min(SHORTEST_SLEEP_MS * 2 ** Math.max(this.#misses - 1, 0), LONGEST_SHORT_SLEEP_MS);
    return Math.min(Math.max(dueMs, shortestMs), pollMs);
  }
}

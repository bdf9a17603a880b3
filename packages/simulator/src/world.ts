// All parts of one running simulator in one place, and how they are put together.
import { Chaos } from "./chaos.ts";
import { Clock } from "./clock.ts";
import type { SimulatorConfig } from "./config.ts";
import { EventHub } from "./events.ts";
import { ErrorRules } from "./graph/rules.ts";
import { Throttle } from "./graph/throttle.ts";
import { MediaStore } from "./media.ts";
import { Sends } from "./sends.ts";
import { State } from "./state.ts";
import { emptyStats, type Stats } from "./stats.ts";
import { Templates } from "./templates/store.ts";
import { Timers } from "./timers.ts";
import { Traces } from "./trace.ts";
import type { BusinessNumber } from "./types.ts";
import { customerView, messageView } from "./views.ts";
import { Delivery } from "./webhooks/delivery.ts";

/** One running simulator. */
export type World = {
  readonly config: SimulatorConfig;
  readonly state: State;
  readonly clock: Clock;
  readonly chaos: Chaos;
  /** Errors that tests have ordered. */
  readonly rules: ErrorRules;
  /** The record of what became of each request to send. */
  readonly sends: Sends;
  readonly templates: Templates;
  readonly delivery: Delivery;
  readonly throttle: Throttle;
  readonly media: MediaStore;
  readonly hub: EventHub;
  readonly traces: Traces;
  /** Delayed statuses, typing dots and the like. */
  readonly timers: Timers;
  /** Ids of messages whose `read` status is already on its way. */
  readonly readPlanned: Set<string>;
  stats: Stats;
  /** Under which the simulator is reached; known once it listens. */
  origin: string;
};

/** Puts the parts together; nothing runs yet. */
export function createWorld(config: SimulatorConfig): World {
  const clock = new Clock();
  const chaos = new Chaos();
  const hub = new EventHub();
  const timers = new Timers();
  const world: World = {
    config,
    state: new State(config.numbers),
    clock,
    chaos,
    rules: new ErrorRules(chaos.dice),
    sends: new Sends(),
    templates: new Templates(clock),
    delivery: new Delivery(chaos, () => world.stats, config.appSecret),
    throttle: new Throttle(chaos, clock),
    media: new MediaStore(clock),
    hub,
    traces: new Traces({ hub, source: config.trace }),
    timers,
    readPlanned: new Set(),
    stats: emptyStats(),
    origin: `http://127.0.0.1:${config.port}`,
  };
  return world;
}

/** Back to the first moment: no messages, no customers but the first, no chaos, nothing on its way, counters at 0. */
export function resetWorld(world: World): void {
  world.timers.clear();
  world.delivery.clear();
  world.traces.clear();
  world.readPlanned.clear();
  world.media.clear();
  world.throttle.reset();
  world.chaos.reset();
  world.rules.clear();
  world.sends.clear();
  world.templates.clear();
  world.clock.set(0);
  world.state.reset();
  world.stats = emptyStats();
  world.hub.emit({ kind: "resync" });
}

/** Where the webhooks of a number go. */
export function webhookUrl(world: World, number: BusinessNumber): string {
  return number.webhookUrl ?? world.config.webhookUrl;
}

/** Tells the pages that a message is new or has changed. */
export function tellMessage(world: World, id: string): void {
  const message = world.hub.listening ? world.state.message(id) : undefined;
  if (message === undefined) return;
  world.hub.emit({ kind: "message", customer: message.customer, message: messageView(message) });
  tellCustomer(world, message.customer);
}

/** Tells the pages that a customer is new or has changed. */
export function tellCustomer(world: World, key: string): void {
  const customer = world.hub.listening ? world.state.customer(key) : undefined;
  if (customer !== undefined) world.hub.emit({ kind: "customer", customer: customerView(world.state, customer) });
}

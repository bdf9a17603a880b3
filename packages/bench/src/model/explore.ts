// A small explicit-state model checker: breadth first through every state that any order of steps can reach, so that the
// first broken promise is found by a shortest trace; then backwards from the good ends, to find states of no return.

/** One atomic step that could be next. */
export interface Step<S> {
  /** Who does it. */
  readonly who: string;
  /** What it does, for a person. */
  readonly what: string;
  readonly next: S;
  /** The promise that this very step breaks. */
  readonly broken?: string | undefined;
}

/** What is explored. */
export interface System<S> {
  readonly initial: S;
  /** The canonical form: states with the same key are the same state. */
  key(state: S): string;
  /** Every step that is possible now. */
  steps(state: S): readonly Step<S>[];
  /** The promise that a state breaks. */
  broken(state: S): string | undefined;
  /** Whether everything came to its good end. From every state one of these must stay reachable. */
  isGoal(state: S): boolean;
}

/** A promise that was broken, and how. */
export interface Counterexample {
  readonly promise: string;
  /** The steps that lead there, as few as possible, a line each. */
  readonly trace: readonly string[];
}

/** What an exploration found. */
export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** Steps from the initial state to the farthest one, by the shortest way. */
  readonly depth: number;
  /** States in which everything came to its good end. */
  readonly goals: number;
  /** Undefined: every promise holds in every state. */
  readonly counterexample: Counterexample | undefined;
}

/** How far an exploration may go. */
export interface ExploreLimits {
  /** More states than that are a mistake in the model or in its bounds. */
  readonly maxStates: number;
}

/**
 * Explores a system to its end, or to the first broken promise.
 * @throws Error when it is larger than `limits.maxStates`
 */
export function explore<S>(system: System<S>, limits: ExploreLimits = { maxStates: 5_000_000 }): Exploration {
  const graph = new Graph();
  let frontier: S[] = [system.initial];
  let frontierStart = graph.add(system.key(system.initial), -1);
  let depth = 0;
  const goals: number[] = [];
  const result = (counterexample: Counterexample | undefined): Exploration => {
    return { states: graph.size, steps: graph.edges, depth, goals: goals.length, counterexample };
  };
  for (;;) {
    const found: S[] = [];
    const foundStart = graph.size;
    for (const [offset, state] of frontier.entries()) {
      const from = frontierStart + offset;
      const broken = system.broken(state);
      if (broken !== undefined) return result({ promise: broken, trace: retrace(system, graph.wayTo(from)) });
      if (system.isGoal(state)) goals.push(from);
      for (const step of system.steps(state)) {
        if (step.broken !== undefined) {
          const trace = [...retrace(system, graph.wayTo(from)), lineOf(step)];
          return result({ promise: step.broken, trace });
        }
        if (graph.connect(from, system.key(step.next))) found.push(step.next);
      }
      if (graph.size > limits.maxStates) throw new Error(`More than ${limits.maxStates} states: take smaller bounds.`);
    }
    if (found.length === 0) break;
    depth += 1;
    frontier = found;
    frontierStart = foundStart;
  }
  const lost = graph.firstThatCannotReach(goals);
  if (lost === undefined) return result(undefined);
  return result({ promise: "everything can still come to its end", trace: retrace(system, graph.wayTo(lost)) });
}

/** The states found so far, by number, with how each was found and every step between them. */
class Graph {
  readonly #numbers = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #parents: number[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get edges(): number {
    return this.#from.length;
  }

  add(key: string, parent: number): number {
    const number = this.#keys.length;
    this.#numbers.set(key, number);
    this.#keys.push(key);
    this.#parents.push(parent);
    return number;
  }

  /** Notes a step; returns whether it leads to a state that was not known. */
  connect(from: number, key: string): boolean {
    const known = this.#numbers.get(key);
    this.#from.push(from);
    this.#to.push(known ?? this.add(key, from));
    return known === undefined;
  }

  /** The keys from the initial state to this one, by the shortest way. */
  wayTo(number: number): string[] {
    const way: string[] = [];
    for (let at = number; at >= 0; at = this.#parents[at] ?? -1) way.push(this.#keys[at] ?? "");
    return way.reverse();
  }

  /** The first state, in order of distance, from which none of `goals` can be reached. */
  firstThatCannotReach(goals: readonly number[]): number | undefined {
    const firstInto = new Int32Array(this.size).fill(-1);
    const nextInto = new Int32Array(this.edges);
    for (const [edge, to] of this.#to.entries()) {
      nextInto[edge] = firstInto[to] ?? -1;
      firstInto[to] = edge;
    }
    const reaches = new Uint8Array(this.size);
    const open = [...goals];
    for (const goal of goals) reaches[goal] = 1;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (let edge = firstInto[at] ?? -1; edge >= 0; edge = nextInto[edge] ?? -1) {
        const from = this.#from[edge] ?? 0;
        if (reaches[from] === 1) continue;
        reaches[from] = 1;
        open.push(from);
      }
    }
    const lost = reaches.indexOf(0);
    return lost < 0 ? undefined : lost;
  }
}

/** Goes a way of canonical states again with the real ones, so that everybody keeps their name through the trace. */
function retrace<S>(system: System<S>, way: readonly string[]): string[] {
  const lines: string[] = [];
  let state = system.initial;
  for (const key of way.slice(1)) {
    const step = system.steps(state).find(({ next }) => system.key(next) === key);
    if (step === undefined) throw new Error("The key of a state does not decide its steps: mend key().");
    lines.push(lineOf(step));
    state = step.next;
  }
  return lines;
}

function lineOf<S>({ who, what }: Step<S>): string {
  return `${who}: ${what}`;
}

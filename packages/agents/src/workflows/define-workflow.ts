// What a workflow is: steps that ask, wait, check and act, over minutes or days. The code holds no state: where a workflow
// stands comes with the turn and goes back with the answer, and the engine commits both together. So a step may run more
// than once, and what it did counts only when its answer was stored.
import type { AgentTurn, OpenWorkflow, WorkflowStep } from "@switchboard/commons/agent-contract.ts";
import type { TimeoutKind } from "@switchboard/commons/config.ts";
import { withErrorBoundary } from "@switchboard/commons/error-boundary.ts";
import type { OutboundContent } from "@switchboard/commons/outbound.ts";
import type { z } from "zod";
import type { AgentContext } from "../define-agent.ts";

/** What a step is run for: the workflow comes to it, or the customer wrote while it waited. */
export type StepInput = "enter" | "reply";

/** What a step gets. */
export interface StepContext<State> extends AgentContext {
  readonly input: StepInput;
  readonly state: State;
  readonly turn: AgentTurn;
  /**
   * The same for every try of this step at this place (workflow, step, version): to be given to whatever the step asks to
   * act, so that a second try acts once.
   */
  readonly idempotencyKey: string;
}

/** What comes of a step. `state` is laid over the state; `replies` are said. */
export type StepResult<State, Name extends string> = {
  readonly state?: Partial<State>;
  readonly replies?: readonly OutboundContent[];
} & (
  | { readonly do: "go"; readonly to: Name }
  | { readonly do: "commit"; readonly to: Name }
  | { readonly do: "wait"; readonly seconds?: number; readonly remindSeconds?: number }
  | { readonly do: "end"; readonly as: "completed" | "cancelled" }
  | { readonly do: "fail"; readonly code: string; readonly message: string }
  | { readonly do: "pass"; readonly nudge?: string }
);

/** A step of a workflow. */
export type Step<State, Name extends string> = (
  context: StepContext<State>,
) => StepResult<State, Name> | Promise<StepResult<State, Name>>;

/** What is said of a workflow. */
export interface WorkflowOptions<Schema extends z.ZodObject, Name extends string> {
  /** Lower case letters, digits and underscores; stays, or open workflows of the old name are lost. */
  readonly name: string;
  /** What it knows. A new field is optional or has a default, because workflows of an older version go on. */
  readonly state: Schema;
  readonly first: NoInfer<Name>;
  /** Longest wait for the customer, in seconds, where a step says nothing else. */
  readonly timeoutS: number;
  /** When the customer is reminded, in seconds from the question; missing: not at all. */
  readonly remindS?: number;
  /** Whether the customer's words begin it, and what they say already; undefined: they do not. */
  readonly begin: (turn: AgentTurn, context: AgentContext) => Promise<z.output<Schema> | undefined>;
  /** Whether the customer's words end it. */
  readonly isCancelled: (turn: AgentTurn, state: z.output<Schema>) => boolean;
  /** What is said when it ends so, when its time is over, and as a reminder. */
  readonly say: Readonly<
    Record<"cancelled" | "timedOut" | "reminder", (state: z.output<Schema>, step: Name) => readonly OutboundContent[]>
  >;
  /** Steps with another time limit than WEBHOOK_CONFIG's default: a payment, a file. */
  readonly kinds?: Readonly<Partial<Record<NoInfer<Name>, TimeoutKind>>>;
  readonly steps: Readonly<Record<Name, Step<z.output<Schema>, NoInfer<Name>>>>;
}

/** What came of a workflow in one turn. */
export interface WorkflowRun {
  readonly replies: readonly OutboundContent[];
  readonly steps: readonly WorkflowStep[];
  /** The customer's words were not for it: something else answers them, and this may be said behind that. */
  readonly passed?: { readonly nudge?: string };
}

/** A workflow as the agent service runs it. */
export interface Workflow {
  readonly name: string;
  /** Begins it when the customer's words say so. */
  begin(turn: AgentTurn, context: AgentContext): Promise<WorkflowRun | undefined>;
  /** Goes on with an open one: its timer has rung, or the customer wrote. */
  resume(open: OpenWorkflow, turn: AgentTurn, context: AgentContext): Promise<WorkflowRun>;
}

/** Steps of one turn; more is a circle. */
const MOST_STEPS = 20;

/**
 * Defines a workflow.
 * @throws TypeError for a name that is none; a run throws what its steps throw, and the turn is tried again
 */
export function defineWorkflow<Schema extends z.ZodObject, Name extends string>(
  options: WorkflowOptions<Schema, Name>,
): Workflow {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(options.name))
    throw new TypeError(`Workflow name "${options.name}": use lower case letters, digits and underscores.`);
  return {
    name: options.name,
    async begin(turn, context) {
      const state = await options.begin(turn, context);
      if (state === undefined) return undefined;
      const id = await workflowId(turn.turnId, options.name);
      return await new Walk(options, { id, version: 0, turn, context }).from(options.first, state, "enter");
    },
    async resume(open, turn, context) {
      const walk = new Walk(options, { id: open.id, version: open.version, turn, context });
      const state = options.state.safeParse(open.state);
      const step = open.step;
      if (!state.success || !isStep(options, step)) return walk.lost(open);
      if (open.timer === "continue" || open.status === "running") return await walk.from(step, state.data, "enter");
      // Words that come together with the end of the wait have come in time.
      if (turn.messages.length > 0) {
        if (options.isCancelled(turn, state.data))
          return walk.end(step, state.data, { status: "cancelled", replies: options.say.cancelled(state.data, step) });
        return await walk.from(step, state.data, "reply");
      }
      if (open.timer === "timeout")
        return walk.end(step, state.data, { status: "timed_out", replies: options.say.timedOut(state.data, step) });
      return walk.remind(step, state.data, open);
    },
  };
}

function isStep<Name extends string>(options: { steps: Readonly<Record<Name, unknown>> }, step: string): step is Name {
  return Object.hasOwn(options.steps, step);
}

interface WalkStart {
  readonly id: string;
  readonly version: number;
  readonly turn: AgentTurn;
  readonly context: AgentContext;
}

/** One workflow on its way through the steps of one turn. */
class Walk<Schema extends z.ZodObject, Name extends string> {
  readonly #options: WorkflowOptions<Schema, Name>;
  readonly #start: WalkStart;
  readonly #steps: WorkflowStep[] = [];
  readonly #replies: OutboundContent[] = [];

  constructor(options: WorkflowOptions<Schema, Name>, start: WalkStart) {
    this.#options = options;
    this.#start = start;
  }

  /** Runs steps until one waits, ends, or is not meant. */
  async from(step: Name, state: z.output<Schema>, input: StepInput): Promise<WorkflowRun> {
    const { context, turn, id } = this.#start;
    for (let count = 0; count < MOST_STEPS; count += 1) {
      const idempotencyKey = `${id}:${step}:${this.#version}`;
      const result = await withErrorBoundary(
        (signal) => this.#options.steps[step]({ ...context, signal, input, state, turn, idempotencyKey }),
        {
          operationName: `workflow.${this.#options.name}.${step}`,
          tenantId: turn.tenant.id,
          correlationId: turn.correlationId,
          messageId: turn.messages.at(-1)?.id,
          kind: this.#options.kinds?.[step] ?? "default",
          thrower: "agent",
          signal: context.signal,
          log: context.log,
        },
      );
      this.#replies.push(...(result.replies ?? []));
      // SAFETY: the schema's own output with some of its fields replaced; parsed again before it is committed.
      const next = { ...state, ...result.state } as z.output<Schema>;
      switch (result.do) {
        case "go":
          this.#commit(result.to, next, { status: "running" });
          [step, state, input] = [result.to, next, "enter"];
          continue;
        case "commit":
          this.#commit(result.to, next, { status: "running" });
          return this.#run();
        case "wait":
          this.#commit(step, next, this.#waiting(result));
          return this.#run();
        case "end":
          return this.end(step, next, { status: result.as });
        case "fail":
          this.#commit(step, next, { status: "failed", error: { code: result.code, message: result.message } });
          return this.#run();
        case "pass":
          return { ...this.#run(), passed: result.nudge === undefined ? {} : { nudge: result.nudge } };
      }
    }
    throw new Error(`workflow ${this.#options.name} went through ${MOST_STEPS} steps without waiting or ending`);
  }

  end(
    step: Name,
    state: z.output<Schema>,
    end: { readonly status: "completed" | "cancelled" | "timed_out"; readonly replies?: readonly OutboundContent[] },
  ): WorkflowRun {
    this.#replies.push(...(end.replies ?? []));
    this.#commit(step, state, { status: end.status });
    return this.#run();
  }

  /** Says the reminder, and waits as long as it would have. */
  remind(step: Name, state: z.output<Schema>, open: OpenWorkflow): WorkflowRun {
    this.#replies.push(...this.#options.say.reminder(state, step));
    const leftS = open.expiresAt === null ? undefined : (Date.parse(open.expiresAt) - Date.now()) / 1000;
    this.#commit(step, state, {
      status: "waiting",
      ...(leftS === undefined ? {} : { waitSeconds: Math.max(leftS, 1) }),
    });
    return this.#run();
  }

  /** A workflow that this version of the code does not understand any more: a person is asked. */
  lost(open: OpenWorkflow): WorkflowRun {
    const error = {
      code: "workflow_outdated",
      message: "this version of the agent does not know its step or its state",
    };
    const { id, version } = this.#start;
    const step = { id, version, name: open.name, step: open.step, state: open.state, status: "failed" as const, error };
    return { replies: [], steps: [step], passed: {} };
  }

  get #version(): number {
    return this.#start.version + this.#steps.length;
  }

  #waiting(result: { readonly seconds?: number; readonly remindSeconds?: number }) {
    const remindSeconds = result.remindSeconds ?? this.#options.remindS;
    return {
      status: "waiting" as const,
      waitSeconds: result.seconds ?? this.#options.timeoutS,
      ...(remindSeconds === undefined ? {} : { remindSeconds }),
    };
  }

  #commit(
    step: Name,
    state: z.output<Schema>,
    rest: Pick<WorkflowStep, "status" | "waitSeconds" | "remindSeconds" | "error">,
  ): void {
    const { name, state: schema } = this.#options;
    // As it will be stored: without the fields that are undefined.
    const parsed: WorkflowStep["state"] = JSON.parse(JSON.stringify(schema.parse(state)));
    this.#steps.push({ id: this.#start.id, name, version: this.#version, step, state: parsed, ...rest });
  }

  #run(): WorkflowRun {
    return { replies: this.#replies, steps: this.#steps };
  }
}

/** The id of the workflow that a turn begins: a UUID of version 8, the same on every try of the turn. */
async function workflowId(turnId: string, name: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${turnId}:${name}`));
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

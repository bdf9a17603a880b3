// A small desk for workflows without an engine: keeps what an answer committed and hands it to the next turn.
import type { AgentTurn, OpenWorkflow, WorkflowStep } from "@switchboard/commons/agent-contract.ts";
import type { AgentContext } from "../src/define-agent.ts";
import type { Workflow } from "../src/workflows/define-workflow.ts";
import { runWorkflows, type WorkflowOutcome } from "../src/workflows/run-workflows.ts";
import { contextOf, type Said, turnOf } from "./support.ts";

/** A conversation with workflows. */
export interface Desk {
  /** The customer writes; the answer is committed. */
  says(...said: readonly Said[]): Promise<string>;
  /** A timer rings. */
  rings(timer: "remind" | "timeout" | "continue"): Promise<string>;
  /** An answer that nobody stores: the worker died, or the customer wrote more. */
  tries(...said: readonly Said[]): Promise<WorkflowOutcome>;
  readonly open: readonly OpenWorkflow[];
  readonly steps: readonly WorkflowStep[];
}

/** Makes a desk; each turn has an id of its own, until it is stored. */
export function deskOf(workflows: readonly Workflow[], context: AgentContext = contextOf()): Desk {
  const steps: WorkflowStep[] = [];
  let open: OpenWorkflow[] = [];
  let turns = 1;
  const run = (said: readonly Said[], changes: Partial<AgentTurn>) =>
    runWorkflows(workflows, turnOf(said, { turnId: `turn-${turns}`, ...changes }), context);
  const commit = ({ answer }: WorkflowOutcome): string => {
    turns += 1;
    for (const step of answer.workflows ?? []) {
      const known = open.find(({ id }) => id === step.id);
      if ((known?.version ?? 0) !== step.version) throw new Error(`${step.step} builds upon version ${step.version}`);
      steps.push(step);
      open = open.filter(({ id }) => id !== step.id);
      const { id, name, step: at, status, state, version } = step;
      if (status === "waiting" || status === "running")
        open.push({ id, name, step: at, status, state, version: version + 1, expiresAt: null, timer: null });
    }
    return answer.replies.map((reply) => ("text" in reply ? reply.text : "")).join("\n");
  };
  return {
    says: async (...said) => commit(await run(said, { workflows: open })),
    rings: async (timer) => commit(await run([], { workflows: open.map((one) => ({ ...one, timer })) })),
    tries: (...said) => run(said, { workflows: open }),
    get open() {
      return open;
    },
    steps,
  };
}

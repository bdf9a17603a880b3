// The workflows' part of a turn: what rang is dealt with, then the workflow that waits for the customer hears what was
// written, and when none is open the words may begin one. What is not for a workflow is left to the agent's model.
import type { AgentAnswer, AgentTurn } from "@switchboard/commons/agent-contract.ts";
import type { AgentContext } from "../define-agent.ts";
import type { Workflow, WorkflowRun } from "./define-workflow.ts";

/** Name of the workflows in the usage of a turn. */
export const WORKFLOW_MODEL = "workflow";

/** What the workflows made of a turn. */
export interface WorkflowOutcome {
  /** Their part of the answer. */
  readonly answer: AgentAnswer;
  /** The customer's words are still to be answered. */
  readonly open: boolean;
  /** Leads back to the workflow, behind that answer. */
  readonly nudge?: string;
}

/**
 * Runs the workflows of an agent on a turn.
 * @throws what a step throws: nothing is committed then, and the turn is tried again
 */
export async function runWorkflows(
  workflows: readonly Workflow[],
  turn: AgentTurn,
  context: AgentContext,
): Promise<WorkflowOutcome> {
  const runs: WorkflowRun[] = [];
  const named = (name: string) => workflows.find((workflow) => workflow.name === name);
  const opened = (turn.workflows ?? []).flatMap((state) => {
    const workflow = named(state.name);
    return workflow === undefined ? [] : [{ state, workflow }];
  });
  const running = opened.filter(({ state }) => state.status === "running");
  const waiting = opened.filter(({ state }) => state.status === "waiting").toReversed();
  for (const { state, workflow } of running)
    if (state.timer === "continue") runs.push(await workflow.resume(state, turn, context));

  let open = turn.messages.length > 0;
  let nudge: string | undefined;
  for (const { state, workflow } of waiting) {
    if (!open && state.timer === null) continue;
    // Words are heard by one workflow: the youngest that knows what to do with them.
    const heard = open ? turn : { ...turn, messages: [] };
    const run = await workflow.resume(state, heard, context);
    runs.push(run);
    if (!open) continue;
    if (run.passed === undefined) open = false;
    else nudge ??= run.passed.nudge;
  }
  if (open && opened.length === 0)
    for (const workflow of workflows) {
      const run = await workflow.begin(turn, context);
      if (run === undefined) continue;
      runs.push(run);
      open = false;
      break;
    }
  return {
    open,
    ...(nudge === undefined ? {} : { nudge }),
    answer: {
      replies: runs.flatMap(({ replies }) => replies),
      actions: [],
      workflows: runs.flatMap(({ steps }) => steps),
      usage: { model: WORKFLOW_MODEL },
    },
  };
}

/** The workflows' part in front of what the model answered, and the way back behind it. */
export function joinAnswers({ answer, nudge }: WorkflowOutcome, said: AgentAnswer): AgentAnswer {
  const workflows = [...(answer.workflows ?? []), ...(said.workflows ?? [])];
  const back = nudge === undefined || said.replies.length === 0 ? [] : [{ type: "text" as const, text: nudge }];
  return {
    ...said,
    replies: [...answer.replies, ...said.replies, ...back].slice(0, 10),
    ...(workflows.length === 0 ? {} : { workflows }),
  };
}

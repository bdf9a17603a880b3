// Runs one agent on one turn: chooses who answers, keeps the time, and lets nothing out that breaks the contract.

import type { AgentAnswer, AgentTurn } from "@switchboard/commons/agent-contract.ts";
import { agentAnswer } from "@switchboard/commons/agent-contract.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { problemsOf } from "@switchboard/commons/problems.ts";
import type { AgentContext, AgentDefinition } from "./define-agent.ts";
import type { SearchKnowledge } from "./knowledge.ts";
import { answerFromKnowledge } from "./models/knowledge-answer.ts";
import { turnError } from "./turn-errors.ts";
import { joinAnswers, runWorkflows } from "./workflows/run-workflows.ts";

/** What agents of this service share. */
export interface Runtime {
  readonly searchKnowledge: SearchKnowledge;
  /** Asks the language model; nothing when none is configured, then the built-in model answers. */
  readonly askLanguageModel?: (agent: AgentDefinition, turn: AgentTurn, context: AgentContext) => Promise<AgentAnswer>;
}

/**
 * Answers a turn.
 * @param agent - who answers: its workflows, then its own `respond`, else the language model, else the built-in model
 * @param turn - the turn
 * @param options - `signal`: the caller's; the agent's time limit is added to it
 * @returns an answer that keeps the contract
 * @throws AgentError with a code of TURN_FAILURES; anything else is a defect of the agent
 */
export async function runTurn(
  agent: AgentDefinition,
  turn: AgentTurn,
  options: { readonly runtime: Runtime; readonly signal: AbortSignal; readonly log: Logger },
): Promise<AgentAnswer> {
  const { runtime, log } = options;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(turnError("turn_timeout")), agent.timeoutMs);
  const hungUp = () => limit.abort(turnError("turn_aborted"));
  if (options.signal.aborted) hungUp();
  else options.signal.addEventListener("abort", hungUp, { once: true });
  const searchIn = { shard: turn.shard, tenantId: turn.tenant.id };
  const context: AgentContext = {
    searchKnowledge: (query, most) => runtime.searchKnowledge({ ...searchIn, query, limit: most }),
    signal: limit.signal,
    log,
  };
  try {
    const parsed = agentAnswer.safeParse(
      await Promise.race([answer(agent, turn, { runtime, context }), aborted(limit.signal)]),
    );
    if (parsed.success) return parsed.data;
    log.error("answer breaks the contract", { problems: problemsOf(parsed.error) });
    throw turnError("invalid_answer");
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", hungUp);
  }
}

/** The workflows first; what they leave open is answered by the agent's own code or a model. */
async function answer(
  agent: AgentDefinition,
  turn: AgentTurn,
  given: { readonly runtime: Runtime; readonly context: AgentContext },
): Promise<AgentAnswer> {
  const outcome = await runWorkflows(agent.workflows ?? [], turn, given.context);
  return outcome.open ? joinAnswers(outcome, await answerWords(agent, turn, given)) : outcome.answer;
}

async function answerWords(
  agent: AgentDefinition,
  turn: AgentTurn,
  { runtime, context }: { readonly runtime: Runtime; readonly context: AgentContext },
): Promise<AgentAnswer> {
  if (agent.respond !== undefined) return await agent.respond(turn, context);
  if (runtime.askLanguageModel !== undefined) return await runtime.askLanguageModel(agent, turn, context);
  return await answerFromKnowledge(turn, context);
}

/** Rejects with the signal's reason: code that does not look at its signal cannot hold up the answer. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

// Answers a turn with a language model behind any OpenAI-compatible API, through the AI SDK.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { AgentAnswer, AgentTurn } from "@switchboard/commons/agent-contract.ts";
import { toError } from "@switchboard/commons/errors.ts";
import type { Json } from "@switchboard/commons/json.ts";
import type { LanguageModel, ToolSet } from "ai";
import { AISDKError, APICallError, generateText, isStepCount, tool } from "ai";
import type { AgentContext, AgentDefinition, ToolContext } from "../define-agent.ts";
import { turnError } from "../turn-errors.ts";
import { instructionsFor, messagesFor, visibleText } from "./instructions.ts";
import { fallback } from "./languages/index.ts";
import { fill } from "./text.ts";

/** Where the language model is. */
export interface LanguageModelSettings {
  readonly baseUrl: string;
  /** Empty for an API that asks for none. */
  readonly apiKey: string | undefined;
  readonly model: string;
}

/** Calls of the model within one turn; the last one may not call tools, so that it has to answer. */
const MOST_STEPS = 5;
/** Tokens of one answer; a WhatsApp reply is short. */
const MOST_OUTPUT_TOKENS = 1000;
/** Longest wait that is passed on from the API. */
const LONGEST_RETRY_SECONDS = 3600;

// The SDK prints warnings to the console in a form of its own; requests may stand in them.
globalThis.AI_SDK_LOG_WARNINGS = false;

/**
 * Makes the strategy that asks a language model.
 * @param settings - the API and the model; an agent may name another model of the same API
 * @returns answers turns; throws the failures `llm_*`, `tool_failed` and `knowledge_unavailable`
 */
export function languageModelAnswer(settings: LanguageModelSettings) {
  const provider = createOpenAICompatible({
    name: "llm",
    baseURL: settings.baseUrl.replace(/\/+$/, ""),
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
  });
  return async (agent: AgentDefinition, turn: AgentTurn, context: AgentContext): Promise<AgentAnswer> => {
    const name = agent.model ?? settings.model;
    return await ask(provider(name), { agent, turn, context, name });
  };
}

interface Question {
  readonly agent: AgentDefinition;
  readonly turn: AgentTurn;
  readonly context: AgentContext;
  readonly name: string;
}

async function ask(model: LanguageModel, { agent, turn, context, name }: Question): Promise<AgentAnswer> {
  const actions: AgentAnswer["actions"] = [];
  const toolCalls: { name: string; ms: number; ok: boolean }[] = [];
  // A failing tool ends the turn: told about it, a model would make something up.
  const broken = new AbortController();
  const toolContext: ToolContext = {
    ...context,
    turn,
    act: (action) => {
      if (actions.length < 10) actions.push(action);
    },
  };
  const run = async (toolName: string, execute: () => Promise<Json> | Json) => {
    const call = { name: toolName, ms: 0, ok: true };
    const began = performance.now();
    toolCalls.push(call);
    try {
      const result = await execute();
      call.ms = Math.round(performance.now() - began);
      return result;
    } catch (error) {
      context.log.warn("tool failed", { tool: toolName, error: toError(error) });
      broken.abort(isKnowledgeAway(error) ? error : turnError("tool_failed", { cause: error }));
      throw error;
    }
  };
  try {
    const result = await generateText({
      model,
      instructions: instructionsFor(agent, turn),
      messages: messagesFor(turn),
      tools: toolSet(agent, toolContext, run),
      stopWhen: isStepCount(MOST_STEPS),
      prepareStep: ({ stepNumber }) => (stepNumber === MOST_STEPS - 1 ? { toolChoice: "none" } : {}),
      maxOutputTokens: MOST_OUTPUT_TOKENS,
      maxRetries: 0,
      abortSignal: AbortSignal.any([context.signal, broken.signal]),
    });
    broken.signal.throwIfAborted();
    const usage = {
      model: name,
      inputTokens: result.usage.inputTokens ?? 0,
      outputTokens: result.usage.outputTokens ?? 0,
      tools: toolCalls.map(({ name: tool }) => tool),
    };
    return { replies: [{ type: "text", text: textOf(result.text, actions, turn) }], actions, usage, toolCalls };
  } catch (error) {
    throw failureOf(error, { turn: context.signal, broken: broken.signal });
  }
}

function toolSet(
  agent: AgentDefinition,
  context: ToolContext,
  run: (name: string, execute: () => Promise<Json> | Json) => Promise<Json>,
): ToolSet {
  const entries = Object.entries(agent.tools).map(([name, { description, input, execute }]) => [
    name,
    tool({ description, inputSchema: input, execute: (value) => run(name, () => execute(value, context)) }),
  ]);
  return Object.fromEntries(entries);
}

function textOf(raw: string, actions: AgentAnswer["actions"], turn: AgentTurn): string {
  const text = visibleText(raw);
  if (text !== "") return text;
  // The model called for a person and forgot to say so: the customer is not left in silence.
  if (actions.length > 0) return fill(fallback.say.personTold, { tenant: turn.tenant.name });
  throw turnError("llm_no_answer");
}

/** What went wrong, out of the SDK's errors and the two signals. */
function failureOf(error: unknown, signals: { readonly turn: AbortSignal; readonly broken: AbortSignal }): unknown {
  if (signals.broken.aborted) return signals.broken.reason;
  if (signals.turn.aborted) return signals.turn.reason;
  // The SDK's errors carry the request or the response, hence the conversation; they are not kept as a cause.
  if (!APICallError.isInstance(error)) return AISDKError.isInstance(error) ? turnError("llm_no_answer") : error;
  const status = error.statusCode;
  if (status === 429)
    return turnError("llm_rate_limited", { retryAfterSeconds: retryAfter(error.responseHeaders), status });
  if (status === 408 || status === 504) return turnError("turn_timeout", { status });
  if (status === undefined) return turnError("llm_unavailable");
  if (status >= 500) return turnError("llm_unavailable", { status });
  return status >= 400 ? turnError("llm_refused", { status }) : turnError("llm_no_answer", { status });
}

/** Retry-After is a number of seconds or a date (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after). */
function retryAfter(headers: Readonly<Record<string, string>> | undefined): number | undefined {
  const header = headers?.["retry-after"]?.trim();
  if (header === undefined) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), LONGEST_RETRY_SECONDS) : undefined;
}

function isKnowledgeAway(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "knowledge_unavailable";
}

// What an agent is. A file in agents/ calls defineAgent; its line in agents/index.ts makes it callable.
import type { AgentAnswer, AgentTurn } from "@switchboard/commons/agent-contract.ts";
import { WEBHOOK_CONFIG } from "@switchboard/commons/config.ts";
import type { Json } from "@switchboard/commons/json.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import type { z } from "zod";
import type { Article } from "./knowledge.ts";
import type { Workflow } from "./workflows/define-workflow.ts";

/** What code that answers a turn may use. */
export interface AgentContext {
  /**
   * Searches the knowledge base of the turn's tenant.
   * @param query - words; any of them may be in the article
   * @param limit - most articles
   */
  readonly searchKnowledge: (query: string, limit: number) => Promise<readonly Article[]>;
  /** Aborted when the caller hangs up or the turn's time is over. */
  readonly signal: AbortSignal;
  /** Ids, sizes and durations only. */
  readonly log: Logger;
}

/** Answers a turn by code of one's own. */
export type Respond = (turn: AgentTurn, context: AgentContext) => Promise<AgentAnswer>;

/** What a tool may use besides its input. */
export interface ToolContext extends AgentContext {
  readonly turn: AgentTurn;
  /** Adds an action to the answer. */
  readonly act: (action: AgentAnswer["actions"][number]) => void;
}

/** Something that a language model may call while it answers. */
export interface AgentTool<Input = unknown> {
  /** Tells the model when to call it. */
  readonly description: string;
  readonly input: z.ZodType<Input>;
  /** Does it; what it throws fails the turn, so that the model cannot talk around it. */
  execute(input: Input, context: ToolContext): Promise<Json> | Json;
}

/** Types a tool by its input schema. */
export function defineTool<Input>(tool: AgentTool<Input>): AgentTool<Input> {
  return tool;
}

/** An agent. */
export interface AgentDefinition {
  /** Lower case letters, digits and hyphens; the service is called `agent:<name>`. */
  readonly name: string;
  /** One sentence for the people who choose an agent for a number. */
  readonly description: string;
  /**
   * The business purpose, as the end of "You only help with ...". It goes into the instructions, because WhatsApp's
   * terms bar general-purpose assistants from the business platform since 2026-01-15.
   */
  readonly purpose: string;
  /** Tone and rules of this agent, for the language model. */
  readonly instructions: string;
  readonly tools: Readonly<Record<string, AgentTool>>;
  /** What it does in several steps; they hear the customer before a model does. */
  readonly workflows?: readonly Workflow[];
  /** A model at LLM_BASE_URL other than LLM_MODEL. */
  readonly model?: string;
  /** Answers instead of a language model, whether one is configured or not. */
  readonly respond?: Respond;
  /** How long one turn may take, in milliseconds. The registry waits one second longer. */
  readonly timeoutMs: number;
  /** On how many copies the registry tries one turn. */
  readonly maxAttempts: number;
}

/** What must be said about an agent; the rest has defaults. */
export type AgentOptions = Omit<AgentDefinition, "timeoutMs" | "maxAttempts"> &
  Partial<Pick<AgentDefinition, "timeoutMs" | "maxAttempts">>;

/**
 * Defines an agent.
 * @param options - what it is, what it is for, how it speaks and what it may call
 * @throws TypeError when the name cannot be part of a service's name or the purpose is missing
 */
export function defineAgent(options: AgentOptions): AgentDefinition {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(options.name))
    throw new TypeError(
      `Agent name "${options.name}": use lower case letters, digits and hyphens, starting with a letter.`,
    );
  if (options.purpose.trim().length < 10)
    throw new TypeError(
      `Agent "${options.name}" needs a purpose, such as "questions about the restaurant and its reservations": ` +
        "WhatsApp bars general-purpose assistants.",
    );
  return { timeoutMs: WEBHOOK_CONFIG.timeouts.agent, maxAttempts: WEBHOOK_CONFIG.retry.attempts, ...options };
}

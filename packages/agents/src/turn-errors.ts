// How a turn can fail, and which HTTP status tells the caller so. Messages are fixed: nothing that a model, a customer
// or a stack trace said gets into an answer.
import { AgentError } from "@switchboard/commons/errors.ts";

/** Every way in which a turn fails. */
export const TURN_FAILURES = {
  llm_rate_limited: { status: 429, message: "The language model's rate limit is reached; try again later." },
  turn_timeout: { status: 504, message: "The turn took longer than the agent allows." },
  turn_aborted: { status: 499, message: "The caller went away before the turn was answered." },
  shutting_down: { status: 503, message: "This copy of the agent service is stopping; ask another one." },
  knowledge_unavailable: { status: 503, message: "The knowledge base cannot be searched now; try again." },
  llm_unavailable: { status: 503, message: "The language model cannot be reached or is failing; check LLM_BASE_URL." },
  llm_no_answer: { status: 503, message: "The language model gave no usable answer; try again." },
  llm_refused: {
    status: 500,
    message: "The language model's API refused the request; check LLM_API_KEY and LLM_MODEL.",
  },
  tool_failed: { status: 500, message: "A tool of the agent failed; its log line says which." },
  invalid_answer: { status: 500, message: "The agent gave an answer that breaks the contract." },
  internal: { status: 500, message: "The agent failed; its log line with this correlation id says why." },
} as const satisfies Record<string, { readonly status: number; readonly message: string }>;

/** The code of a failure. */
export type TurnFailure = keyof typeof TURN_FAILURES;

/** Seconds after which a caller may try again when the other side did not say. */
const DEFAULT_RETRY_SECONDS = 5;
/** A failure after which waiting helps: its answer carries Retry-After. */
const WAITS: readonly TurnFailure[] = ["llm_rate_limited", "shutting_down", "knowledge_unavailable", "llm_unavailable"];

/** A failure as an error. */
export function turnError(
  code: TurnFailure,
  details: { readonly cause?: unknown; readonly retryAfterSeconds?: number | undefined; readonly status?: number } = {},
): AgentError {
  return new AgentError(TURN_FAILURES[code].message, {
    code,
    cause: details.cause,
    ...(details.status === undefined ? {} : { context: { status: details.status } }),
    ...(details.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: details.retryAfterSeconds }),
  });
}

/** What an HTTP answer to a failure holds. */
export interface FailureAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: { readonly code: string; readonly message: string } };
}

/**
 * The answer to a failed turn.
 * @param error - what was thrown; anything but a known failure is `internal`
 */
export function failureAnswer(error: unknown): FailureAnswer {
  const code: TurnFailure = error instanceof AgentError && isTurnFailure(error.code) ? error.code : "internal";
  const { status, message } = TURN_FAILURES[code];
  const seconds =
    error instanceof AgentError ? (error.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS) : DEFAULT_RETRY_SECONDS;
  return {
    status,
    headers: WAITS.includes(code) ? { "retry-after": String(seconds) } : {},
    body: { error: { code, message } },
  };
}

function isTurnFailure(code: string): code is TurnFailure {
  return Object.hasOwn(TURN_FAILURES, code);
}

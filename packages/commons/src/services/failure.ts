// What a failed try means: for the endpoint (its breaker, its health) and for the caller (the error that is thrown).
import { AgentError, WorkflowError } from "../errors.ts";
import { Abandoned } from "./signals.ts";

/**
 * What a failed try says about the endpoint.
 * `failure`: it took the call and did badly; the breaker counts it.
 * `callers_fault`: it rightly refused the call; for the breaker it works.
 * `unreachable`: nothing listens there; a matter of its health, the call never arrived.
 * `abandoned`: the caller went away; nothing is known.
 */
export type Verdict = "failure" | "callers_fault" | "unreachable" | "abandoned";

/** Codes of Node's and undici's errors before a connection stands (https://nodejs.org/api/errors.html, undici docs/api/Errors.md). */
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** Deno's fetch has no codes; a message (of the error, or since 2.9 of its cause) tells the phase in which it failed. */
const DENO_NOT_CONNECTED = "client error (Connect)";
const DEPTH = 5;

/** Judges a failed try. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof Abandoned) return "abandoned";
  if (isUnreachable(error)) return "unreachable";
  return error instanceof WorkflowError && !error.retryable ? "callers_fault" : "failure";
}

/**
 * Whether the error, or one that caused it, says that no connection could be made: the call certainly did not arrive.
 * Errors of the product other than AgentError are about something else, such as the database.
 */
export function isUnreachable(error: unknown, depth: number = DEPTH): boolean {
  if (!(error instanceof Error) || depth === 0) return false;
  if (error instanceof WorkflowError && !(error instanceof AgentError)) return false;
  if ("code" in error && typeof error.code === "string" && NOT_CONNECTED.has(error.code)) return true;
  if (error.message.includes(DENO_NOT_CONNECTED)) return true;
  // A name with several addresses fails with one error for each of them.
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.every((each) => isUnreachable(each, depth - 1));
  return isUnreachable(error.cause, depth - 1);
}

/**
 * The error that leaves a failed try.
 * @param error - what the try threw
 * @returns errors of the product as they are; anything else wrapped as an AgentError that may be retried
 */
export function toWorkflowError(error: unknown, service: string): WorkflowError {
  if (error instanceof WorkflowError) return error;
  const unreachable = isUnreachable(error);
  return new AgentError(
    unreachable
      ? `An endpoint of ${service} could not be reached; check that it runs at its registered address.`
      : `The call of ${service} failed.`,
    { code: unreachable ? "AGENT_UNREACHABLE" : "AGENT_FAILED", context: { service }, cause: error },
  );
}

/** The error of a try that took too long. */
export function timeoutError(service: string, timeoutMs: number): AgentError {
  return new AgentError(`${service} did not answer within ${timeoutMs} ms.`, {
    code: "AGENT_TIMEOUT",
    context: { service, timeoutMs },
  });
}

/** The error for a caller that went away: its own reason when that is an error of the product. */
export function abortError(abandoned: Abandoned, service: string): WorkflowError {
  if (abandoned.reason instanceof WorkflowError) return abandoned.reason;
  return new AgentError(`The call of ${service} was given up before it was answered.`, {
    code: "CALL_ABORTED",
    context: { service },
    cause: abandoned.reason,
  });
}

// The boundary around an operation: keeps its time, gives what it throws a class that the retry and the dead letters
// understand, and writes one line of log with the ids that lead to it. No words of a customer get into either.
import { type TimeoutKind, WEBHOOK_CONFIG } from "./config.ts";
import { AgentError, MessageProcessingError, WorkflowError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { Logger } from "./log.ts";

/** What is known of an operation. Ids only: they reach the log and the dead letters. */
export interface Boundary {
  /** Such as `turn.ask_agent`. */
  readonly operationName: string;
  readonly tenantId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly messageId?: string | undefined;
  /** Which time limit of WEBHOOK_CONFIG it has; `none`: it keeps its own. An agent's errors are AgentErrors. Default: `default`. */
  readonly kind?: TimeoutKind | "none";
  /** The class of what is thrown without one: an agent's work, one message, or anything else. Default: by `kind`. */
  readonly thrower?: "agent" | "message" | "workflow";
  /** Milliseconds, instead of the limit of its kind. */
  readonly timeoutMs?: number;
  /** Ends the operation early; its reason is thrown as it is. */
  readonly signal?: AbortSignal;
  /** Without one nothing is logged: whoever catches it does. */
  readonly log?: Logger;
}

/**
 * Runs an operation within its time.
 * @param operation - gets a signal that aborts at the time limit, or with the boundary's own signal
 * @returns what it gave
 * @throws WorkflowError and its classes as they were thrown; AgentError or WorkflowError `*_TIMEOUT` (retryable) at the limit;
 *   MessageProcessingError for what is malformed; WorkflowError, AgentError or MessageProcessingError, retryable, around anything
 *   else; the signal's reason when that ended it
 */
export async function withErrorBoundary<T>(
  operation: (signal: AbortSignal) => Promise<T> | T,
  boundary: Boundary,
): Promise<T> {
  const began = performance.now();
  try {
    return await inTime(operation, boundary);
  } catch (thrown) {
    if (boundary.signal?.aborted) throw thrown;
    const error = classify(thrown, boundary);
    const { operationName, tenantId, correlationId, messageId } = boundary;
    const ids = { operation: operationName, tenantId, correlationId, messageId };
    const { code, retryable, recoverable } = error;
    boundary.log?.warn("an operation failed", {
      ...ids,
      ms: Math.round(performance.now() - began),
      code,
      retryable,
      recoverable,
      error,
    });
    throw error;
  }
}

/**
 * The product's error for anything that was thrown.
 * @param thrown - of the product: comes back as it is
 */
export function classify(thrown: unknown, boundary: Boundary): WorkflowError {
  if (thrown instanceof WorkflowError) return thrown;
  const { operationName, tenantId, correlationId, messageId } = boundary;
  const context = compact({ operation: operationName, tenantId, correlationId, messageId });
  const problems = problemsOf(thrown);
  if (problems !== undefined)
    return new MessageProcessingError(`${operationName} was given something malformed (${problems}).`, {
      code: "malformed",
      context,
      cause: thrown,
    });
  const code = codeOf(thrown) ?? (thrown instanceof Error ? thrown.name : "thrown");
  // What it says may quote what it was given; its code and its cause say enough.
  return new CLASSES[throwerOf(boundary)](`${operationName} failed (${code}).`, {
    code,
    context,
    retryable: true,
    cause: thrown,
  });
}

const CLASSES = { agent: AgentError, message: MessageProcessingError, workflow: WorkflowError } as const;

function throwerOf({ thrower, kind }: Boundary): keyof typeof CLASSES {
  return thrower ?? (kind === "agent" ? "agent" : "workflow");
}

async function inTime<T>(operation: (signal: AbortSignal) => Promise<T> | T, boundary: Boundary): Promise<T> {
  const { kind = "default", signal } = boundary;
  const timeoutMs = boundary.timeoutMs ?? (kind === "none" ? undefined : WEBHOOK_CONFIG.timeouts[kind]);
  signal?.throwIfAborted();
  const controller = new AbortController();
  return await new Promise<T>((resolve, reject) => {
    const release = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const end = (reason: unknown) => {
      release();
      reject(reason);
      controller.abort(reason);
    };
    const onAbort = () => end(signal?.reason);
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => end(timeoutError(boundary, timeoutMs)), timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    started(operation, controller.signal).then(resolve, reject).finally(release);
  });
}

async function started<T>(operation: (signal: AbortSignal) => Promise<T> | T, signal: AbortSignal): Promise<T> {
  return await operation(signal);
}

function timeoutError(boundary: Boundary, timeoutMs: number): WorkflowError {
  const { operationName, tenantId, correlationId, messageId, kind = "default" } = boundary;
  const thrower = throwerOf(boundary);
  const prefix =
    thrower === "agent" ? "AGENT" : kind === "default" || kind === "none" ? "OPERATION" : kind.toUpperCase();
  return new CLASSES[thrower](`${operationName} took longer than ${timeoutMs} ms; it is tried again.`, {
    code: `${prefix}_TIMEOUT`,
    context: compact({ operation: operationName, tenantId, correlationId, messageId, timeoutMs }),
    retryable: true,
  });
}

/** Where something is malformed, out of a zod error; never the value. */
function problemsOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("issues" in thrown) || !Array.isArray(thrown.issues)) return undefined;
  return thrown.issues
    .slice(0, 5)
    .map(
      ({ path, code }: { path?: readonly PropertyKey[]; code?: string }) => `${path?.join(".") || "(root)"}: ${code}`,
    )
    .join("; ");
}

function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" && thrown.code.length <= 60 ? thrown.code : undefined;
}

function compact(fields: Readonly<Record<string, string | number | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}

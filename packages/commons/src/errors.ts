// Every error of the product, a class for each reaction: retry later, give up and tell a person, or mend the request.
// `recoverable`: the work as a whole can still succeed. `retryable`: the same call may be tried again.
import type { Json, JsonObject } from "./json.ts";

/** What an error carries besides its message. Ids and numbers only: context reaches logs and dead letters. */
export interface ErrorDetails {
  readonly code: string;
  readonly context?: JsonObject;
  readonly recoverable?: boolean;
  readonly retryable?: boolean;
  /** Seconds to wait before the next try, when the other side said so. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The base of all: something in the processing of work went wrong. */
export class WorkflowError extends Error {
  override readonly name: string = "WorkflowError";
  readonly code: string;
  readonly context: JsonObject;
  readonly recoverable: boolean;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  constructor(message: string, details: ErrorDetails) {
    super(message, { cause: details.cause });
    this.code = details.code;
    this.context = details.context ?? {};
    this.retryable = details.retryable ?? false;
    this.recoverable = details.recoverable ?? this.retryable;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** An agent could not be reached, took too long, or answered something that is no answer. Retryable unless said otherwise. */
export class AgentError extends WorkflowError {
  override readonly name = "AgentError";
  constructor(message: string, details: ErrorDetails) {
    super(message, { retryable: true, ...details });
  }
}

/** One message cannot be processed as it is; trying again will not help. */
export class MessageProcessingError extends WorkflowError {
  override readonly name = "MessageProcessingError";
}

/** No endpoint of a service can be called now: none is registered, or every breaker is open. */
export class ServiceUnavailableError extends WorkflowError {
  override readonly name = "ServiceUnavailableError";
  constructor(message: string, details: ErrorDetails) {
    super(message, { retryable: true, ...details });
  }
}

/** The lease is no longer ours: another worker owns the lane. Whatever we did must not be written. */
export class StaleLeaseError extends WorkflowError {
  override readonly name = "StaleLeaseError";
}

/**
 * Postgres cannot be reached, or cannot do it now. When the connection broke on the way nobody knows whether the call was
 * written; every function of the engine may be called again: it is idempotent, or its lease is gone and SB001 says so.
 */
export class DatabaseUnavailableError extends WorkflowError {
  override readonly name = "DatabaseUnavailableError";
  constructor(message: string, details: ErrorDetails) {
    super(message, { retryable: true, ...details });
  }
}

/** A caller's input cannot be used; the message says how to mend it. */
export class InvalidInputError extends WorkflowError {
  override readonly name = "InvalidInputError";
}

/**
 * An error as JSON for attempts, dead letters and turns.
 * @param error - anything that was thrown
 * @returns name, message, code and context; never a stack
 */
export function errorToJson(error: unknown): JsonObject {
  if (error instanceof WorkflowError)
    return {
      name: error.name,
      code: error.code,
      message: error.message,
      context: error.context,
      retryable: error.retryable,
    };
  if (error instanceof Error) return { name: error.name, code: codeOf(error), message: error.message };
  return { name: "Error", message: String(error) };
}

function codeOf(error: Error): Json | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** What was thrown, as an Error: a log masks what stands in one. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

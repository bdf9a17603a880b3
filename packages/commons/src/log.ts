// Structured logging: one JSON line an entry, the same under Node and Deno. Own code of a few lines because pino
// needs worker threads, which edge functions do not have. Callers pass ids, counts, codes and durations; never
// phone numbers, names or message texts.
import type { Json, JsonObject } from "./json.ts";

/** Severity, from least to most; `silent` writes nothing. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
/** What accompanies a log line. Errors are reduced by `describeError`. */
export type LogFields = Readonly<Record<string, Json | undefined | Error>>;

/** Writes log lines; `child` adds fields to every line. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40, silent: 100 };

/**
 * Makes a logger.
 * @param component - name of the program or part, such as `runner`
 * @param level - least severe level that is written
 * @param write - where a finished line goes; by default the console
 */
export function createLogger(
  component: string,
  level: LogLevel = "info",
  write: (line: string) => void = writeLine,
): Logger {
  return loggerWith({ component }, level, write);
}

function loggerWith(base: LogFields, level: LogLevel, write: (line: string) => void): Logger {
  const at =
    (severity: Exclude<LogLevel, "silent">) =>
    (message: string, fields: LogFields = {}) => {
      if (RANK[severity] < RANK[level]) return;
      const entry: Record<string, Json | undefined> = { time: new Date().toISOString(), level: severity, message };
      for (const [key, value] of Object.entries({ ...base, ...fields }))
        entry[key] = value instanceof Error ? describeError(value) : value;
      write(JSON.stringify(entry));
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => loggerWith({ ...base, ...fields }, level, write),
  };
}

/**
 * The parts of an error that may be logged: name, code, message, and the code (or name) of what caused it. Numbers as
 * long as a phone number are masked, because libraries and providers quote what they were given.
 */
export function describeError(error: Error): JsonObject {
  const { cause } = error;
  return {
    name: error.name,
    code: codeOf(error),
    message: error.message.replace(LONG_NUMBER, "[number]"),
    cause: cause instanceof Error ? (codeOf(cause) ?? cause.name) : undefined,
  };
}

/** Seven digits or more that are not a part of a word or a UUID. */
const LONG_NUMBER = /(?<![\w-])\+?\d{7,}(?!\w|-[0-9a-f]{4}-)/gi;

function codeOf(error: Error): string | number | undefined {
  if (!("code" in error)) return undefined;
  return typeof error.code === "string" || typeof error.code === "number" ? error.code : undefined;
}

function writeLine(line: string): void {
  console.log(line);
}

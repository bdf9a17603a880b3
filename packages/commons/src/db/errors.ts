// The one place where SQLSTATEs and connection failures become the product's errors.
import { DatabaseUnavailableError, InvalidInputError, StaleLeaseError, WorkflowError } from "../errors.ts";

/**
 * SQLSTATE classes that speak of the server and not of the data, as is_server_trouble.sql has them: connection, deadlock,
 * resources, locks, shutdown or cancel, system, configuration, internal (what Supabase's pooler answers when it is full).
 */
const SERVER_TROUBLE = ["08", "40", "53", "55", "57", "58", "F0", "XX"];
/** A server that has become a replica takes no writes until the next connection finds the new primary. */
const READ_ONLY = "25006";
const NETWORK_CODES = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
];
/** What pg and pg-pool say without a code, and what Deno's sockets say. */
const NETWORK_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|connection ended|query read timeout|not queryable|after calling end on the pool|connection refused|broken pipe|connection reset/i;

/**
 * Maps what pg threw.
 * @param functionName - the function that was called, for the context
 * @returns the product's error, with the original as its cause; an error that is none of these comes back as it was
 */
export function mapDatabaseError(error: unknown, functionName: string): unknown {
  if (!(error instanceof Error) || error instanceof WorkflowError) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const details = { code, context: { function: functionName }, cause: error };
  if (code === "SB001") return new StaleLeaseError(error.message, details);
  if (code.startsWith("SB4")) return new InvalidInputError(error.message, details);
  if (!isServerTrouble(code, error.message)) return error;
  const said = [code, error.message].filter((part) => part !== "").join(": ");
  return new DatabaseUnavailableError(`Postgres is away or cannot do it now (${said}); try again.`, {
    ...details,
    code: code || "NETWORK",
  });
}

function isServerTrouble(code: string, message: string): boolean {
  if (code.length === 5 && (SERVER_TROUBLE.includes(code.slice(0, 2)) || code === READ_ONLY)) return true;
  return NETWORK_CODES.includes(code) || NETWORK_MESSAGES.test(message);
}

// What programs and functions write: every line goes to DATA_DIR/logs/<name>.log, warnings and errors also to whoever
// watches (the terminal of `npm start`), in one short line each.
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync, type WriteStream } from "node:fs";
import path from "node:path";

/** A warning or an error that is worth a person's eye. */
export interface LogEntry {
  /** Program or function that wrote it. */
  readonly name: string;
  readonly level: "warn" | "error";
  readonly message: string;
}

/** The logs of one platform. */
export interface LogBook {
  /** Takes one line of a program or function; `isError` tells that it came on stderr. */
  take(name: string, line: string, isError: boolean): void;
  /** Takes something that the platform itself noticed. */
  note(name: string, level: "info" | LogEntry["level"], message: string): void;
  /** Where the log of this name lies. */
  file(name: string): string;
  close(): Promise<void>;
}

const LARGEST_BYTES = 20 * 1024 * 1024;

/**
 * Opens the logs.
 * @param folder - where the files lie; a file beyond 20 MB is set aside as <name>.log.old
 * @param onEntry - takes warnings and errors
 */
export function openLogs(folder: string, onEntry: (entry: LogEntry) => void): LogBook {
  mkdirSync(folder, { recursive: true });
  const streams = new Map<string, WriteStream>();
  const file = (name: string) => path.join(folder, `${name}.log`);
  const stream = (name: string): WriteStream => {
    const open = streams.get(name);
    if (open !== undefined) return open;
    if (existsSync(file(name)) && statSync(file(name)).size > LARGEST_BYTES)
      renameSync(file(name), `${file(name)}.old`);
    const made = createWriteStream(file(name), { flags: "a", mode: 0o600 });
    made.on("error", () => {}); // a full disk or a folder that was deleted: the platform itself goes on
    streams.set(name, made);
    return made;
  };
  return {
    file,
    take: (name, line, isError) => {
      stream(name).write(`${line}\n`);
      const entry = entryOf(name, line, isError);
      if (entry !== undefined) onEntry(entry);
    },
    note: (name, level, message) => {
      stream(name).write(`${JSON.stringify({ time: new Date().toISOString(), level, message, component: "local" })}\n`);
      if (level !== "info") onEntry({ name, level, message });
    },
    close: async () => {
      await Promise.all([...streams.values()].map((open) => new Promise((resolve) => open.end(resolve))));
    },
  };
}

/** A JSON line of commons/log.ts counts by its level; any other line counts when it came on stderr. */
function entryOf(name: string, line: string, isError: boolean): LogEntry | undefined {
  if (line.trim() === "") return undefined;
  const parsed = parseLine(line);
  if (parsed === undefined) return isError ? { name, level: "error", message: line } : undefined;
  const level = parsed.level;
  if (level !== "warn" && level !== "error") return undefined;
  const error = parsed.error;
  const detail = typeof error === "object" && error !== null && "message" in error ? `: ${error.message}` : "";
  return { name, level, message: `${parsed.message ?? line}${detail}` };
}

function parseLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

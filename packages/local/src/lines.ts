// Reads the output of a child process line by line.
import type { Readable } from "node:stream";

/**
 * Calls back for every line of a stream, the last one too if it does not end with a line feed.
 * @param stream - what a child process writes
 * @param onLine - takes a line without its line feed
 */
export function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream === null) return;
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}

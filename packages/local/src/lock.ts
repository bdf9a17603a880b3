// One platform at a time on one data folder: a file with the process id of the one that runs.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isAlive, startOf } from "./processes.ts";

/** Thrown when another platform runs on the data folder. */
export class AlreadyRunningError extends Error {
  override readonly name = "AlreadyRunningError";
}

/**
 * Takes a data folder. A folder whose owner was killed is taken over.
 * @param dataDir - the data folder; it exists
 * @returns what gives it back, and whether its last owner was killed, so that something of it may still be ending
 * @throws AlreadyRunningError
 */
export function lockFolder(dataDir: string): { release: () => void; takenOver: boolean } {
  const file = path.join(dataDir, "lock.json");
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
  for (let takenOver = false; ; takenOver = true) {
    try {
      writeFileSync(file, mine, { flag: "wx", mode: 0o600 });
      return { release: () => rmSync(file, { force: true }), takenOver };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = readOwner(file);
    if (owner !== undefined && isAlive(owner.pid) && startOf(owner.pid) === owner.started)
      throw new AlreadyRunningError(
        `Switchboard already runs on ${dataDir} (process ${owner.pid}). Stop it there, or start this one with another DATA_DIR and other ports.`,
      );
    rmSync(file, { force: true }); // its owner was killed
  }
}

function readOwner(file: string): { pid: number; started: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

// Who uses the processor: the CPU time of the gateway's thread, of each function's process, and of Postgres. On Linux
// only; elsewhere the shares stay unknown.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** CPU time so far by part, in milliseconds. */
export type CpuTimes = Readonly<Record<string, number>>;

const TICK_MS = 10;

/**
 * Reads the CPU times.
 * @param postgresFolder - the server's data folder
 */
export function cpuTimes(postgresFolder: string): CpuTimes {
  const { user, system } = process.threadCpuUsage();
  const times: Record<string, number> = { gateway: (user + system) / 1000 };
  if (process.platform !== "linux") return times;
  const postmaster = postmasterOf(postgresFolder);
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      const part = partOf(pid, postmaster);
      if (part !== undefined) times[part] = (times[part] ?? 0) + used(pid, pid === postmaster);
    } catch {
      // the process ended while we looked
    }
  return times;
}

/** What was used between two readings, in milliseconds. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): Record<string, number> {
  // A process that ended in between takes its time with it.
  return Object.fromEntries(Object.entries(after).map(([part, ms]) => [part, Math.max(0, ms - (before[part] ?? 0))]));
}

/** "Deno" for a function's process of ours, "Postgres" for the server and its backends. */
function partOf(pid: string, postmaster: string | undefined): string | undefined {
  const [, parent] = stat(pid);
  if (pid === postmaster || parent === postmaster) return "Postgres";
  if (parent !== String(process.pid)) return undefined;
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("edge/host.ts") ? "Deno" : undefined;
}

function used(pid: string, withEndedChildren: boolean): number {
  const fields = stat(pid);
  const ticks = (withEndedChildren ? [11, 12, 13, 14] : [11, 12]).map((field) => Number(fields[field]));
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS;
}

/** Fields of /proc/<pid>/stat behind the name: state, parent ... [11] user time, [12] system time, then those of ended children. */
function stat(pid: string): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function postmasterOf(folder: string): string | undefined {
  try {
    return readFileSync(path.join(folder, "postmaster.pid"), "utf8").split("\n")[0];
  } catch {
    return undefined;
  }
}

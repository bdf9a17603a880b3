// Small things about operating system processes that several parts of the platform need.

import type { ChildProcess } from "node:child_process";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";

/** True while a process with this id exists, also when it belongs to another user. A zombie counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return !isZombie(pid);
}

/**
 * The command line of a process, or "" when there is none: tells a process from another one that got its id later.
 * @param pid - process id
 */
export function commandOf(pid: number): string {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

/**
 * When a process was started, in the form of the operating system, or "": together with the id it names a process for good.
 * @param pid - process id
 */
export function startOf(pid: number): string {
  try {
    if (process.platform === "linux") return statFields(pid)[19] ?? "";
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

/**
 * CPU time that a process has used, in milliseconds; undefined where it cannot be read.
 * @param pid - process id
 */
export function cpuMilliseconds(pid: number): number | undefined {
  try {
    if (process.platform === "linux") {
      const fields = statFields(pid);
      return (Number(fields[11]) + Number(fields[12])) * 10; // user and system time in ticks of 1/100 s
    }
    const [minutes = "0", seconds = "0"] = execFileSync("ps", ["-o", "time=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .split(":")
      .slice(-2);
    return (Number(minutes) * 60 + Number(seconds)) * 1000;
  } catch {
    return undefined;
  }
}

/**
 * Waits until a process is gone.
 * @param pid - process id
 * @param milliseconds - how long to wait at most
 * @returns whether it is gone
 */
export async function waitForExit(pid: number, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (isAlive(pid)) {
    if (Date.now() > end) return false;
    await sleep(20);
  }
  return true;
}

/**
 * Ends a child process: first `signal`, after the grace time SIGKILL. Resolves when it is gone.
 * @param child - the process
 * @param signal - what asks it to end
 * @param graceMs - milliseconds before SIGKILL
 */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await gone;
  clearTimeout(timer);
}

/** Waits for so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Thrown when a port that a setting names is in use; the message says by which setting to move it. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
  readonly port: number;
  readonly setting: string;
  constructor({ port, setting, what }: WantedPort) {
    super(
      `Port ${port} (${what}) is taken by another program. Stop that program, or set ${setting} in .env to a free port.`,
    );
    this.port = port;
    this.setting = setting;
  }
}

/** A port that somebody wants. */
export interface WantedPort {
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** The environment variable that moves it. */
  readonly setting: string;
  /** Who wants it, for the message. */
  readonly what: string;
}

/** Milliseconds for which the system keeps the port of a connection that has just been closed (TIME_WAIT), and some more. */
const CLOSING_MS = 65_000;

/**
 * Refuses a port on which somebody listens already. A port that merely served as the near end of a connection is waited
 * for: 54321 and 54322 lie among those that the system gives away for a moment.
 * @param wanted - the port and who wants it
 * @param options.waitMs - milliseconds to wait for a listener to go away; default 0
 * @param options.onWait - told once why it takes a while
 * @throws PortTakenError
 */
export async function requireFreePort(
  wanted: WantedPort,
  options: { readonly waitMs?: number; readonly onWait?: (why: string) => void } = {},
): Promise<void> {
  const began = Date.now();
  let told = false;
  for (;;) {
    const use = await useOf(wanted.port);
    if (use === "free") return;
    const waited = Date.now() - began;
    if (waited >= (use === "listening" ? (options.waitMs ?? 0) : CLOSING_MS)) throw new PortTakenError(wanted);
    if (waited > 1000 && !told) {
      told = true;
      options.onWait?.(`Port ${wanted.port} (${wanted.what}) is still in use; waiting up to a minute for it.`);
    }
    await sleep(100);
  }
}

async function useOf(port: number): Promise<"free" | "listening" | "closing"> {
  if (!(await bindable(port))) return (await answers(port)) ? "listening" : "closing";
  // Elsewhere than on Linux one may bind beside a program that listens on all addresses.
  return process.platform !== "linux" && (await answers(port)) ? "listening" : "free";
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect({ port, host: "127.0.0.1" });
  const connected = await Promise.race([
    once(socket, "connect").then(
      () => true,
      () => false,
    ),
    sleep(1000).then(() => false),
  ]);
  socket.on("error", () => {});
  socket.destroy();
  return connected;
}

async function bindable(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

function isZombie(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    return statFields(pid)[0] === "Z";
  } catch {
    return false;
  }
}

/** Fields of /proc/<pid>/stat after the name, which may hold spaces; [0] is the state, [19] the start time. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

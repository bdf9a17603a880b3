// On what it was measured.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Database } from "@switchboard/commons/db/database.ts";
import { WORKSPACE } from "./project.ts";

/** The machine, the versions, and the moment. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Load average of the last minute before the start: what else the machine had to do. */
  readonly loadBefore: number;
  readonly node: string;
  readonly deno: string;
  readonly postgres: string;
  readonly commit: string;
}

/** Looks around. Call it before anything is started, because of the load. */
export async function describeMachine(): Promise<Omit<Machine, "postgres">> {
  const [cpu] = os.cpus();
  // SAFETY: our own file.
  const workspace = JSON.parse(readFileSync(path.join(WORKSPACE, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    processor: cpu?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 1024 ** 3),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    loadBefore: os.loadavg()[0] ?? Number.NaN,
    node: process.versions.node,
    deno: workspace.devDependencies.deno ?? "unknown",
    commit: commit(),
  };
}

/** Postgres's version. */
export async function postgresVersion(db: Database): Promise<string> {
  const { rows } = await db.query("select current_setting('server_version') as version", []);
  return String(rows[0]?.version);
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: WORKSPACE, encoding: "utf8", stdio: "pipe" }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : " with changes");
  } catch {
    return "unknown";
  }
}

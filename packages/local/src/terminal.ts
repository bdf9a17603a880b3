// What `npm start` shows: a line a step, warnings of the parts, and at the end where everything is.

import path from "node:path";
import { isatty } from "node:tty";
import { wantsNoColour } from "./config.ts";
import type { LogEntry } from "./logs.ts";
import type { Stack, StackStep } from "./stack-types.ts";

type Style = "bold" | "dim" | "green" | "yellow" | "red";
const CODES = { bold: 1, dim: 2, green: 32, yellow: 33, red: 31 } as const satisfies Record<Style, number>;

/** Writes for a person; in colour on a terminal only. */
export interface Terminal {
  line(text: string): void;
  step(step: StackStep): void;
  log(entry: LogEntry): void;
  error(text: string): void;
  ready(stack: Stack, milliseconds: number): void;
}

/**
 * Makes the terminal of this process.
 * @param colour - whether colours are used; by default on a terminal, unless NO_COLOR is set
 */
export function createTerminal(colour: boolean = isatty(1) && !wantsNoColour()): Terminal {
  const paint = (style: Style, text: string) => (colour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
  const line = (text: string) => process.stdout.write(`${text}\n`);
  return {
    line,
    step: ({ name, milliseconds, detail }) => {
      const time = `${(milliseconds / 1000).toFixed(1)} s`.padStart(7);
      line(`  ${paint("green", "✓")} ${name.padEnd(14)}${paint("dim", time)}  ${paint("dim", detail)}`.trimEnd());
    },
    log: ({ name, level, message }) => {
      const time = new Date().toTimeString().slice(0, 8);
      const colourOf = level === "warn" ? "yellow" : "red";
      line(`${paint("dim", time)} ${name} ${paint(colourOf, level)} ${message}`);
    },
    error: (text) => process.stderr.write(`${paint("red", text)}\n`),
    ready: (stack, milliseconds) => {
      line(`\n${paint("bold", `Switchboard is ready (${(milliseconds / 1000).toFixed(1)} s).`)}\n`);
      for (const [name, address] of addresses(stack)) line(`  ${name.padEnd(12)}${paint("bold", address)}`);
      const shown = (file: string) => path.relative(process.cwd(), path.join(stack.dataDir, file));
      line("");
      line(
        paint("dim", `  Keys and addresses: ${shown("stack.json")} and ${shown("keys.json")}. Logs: ${shown("logs")}.`),
      );
      line(paint("dim", "  Ctrl-C stops everything. `npm start -- --fresh` throws the data away first."));
      line("");
    },
  };
}

/** The phone first: it is what one wants to try. */
function addresses({ urls, programs }: Stack): [string, string][] {
  const when = (program: string, line: [string, string]): [string, string][] => (programs.has(program) ? [line] : []);
  return [
    ...when("simulator", ["Phone", urls.simulator]),
    ...when("simulator", ["Queue", `${urls.simulator}/queue`]),
    ...when("inbox", ["Inbox", urls.inbox]),
    ["API", urls.gateway],
    ["HTTP API", urls.api],
    ["Webhook", urls.webhook],
    ...when("runner", ["Runner", `${urls.runner}/health`]),
    ...urls.agents
      .filter((_url, index) =>
        programs.has([...programs.keys()].filter((name) => name.startsWith("agent-"))[index] ?? ""),
      )
      .map((url): [string, string] => ["Agents", `${url}/health`]),
    ["Database", urls.database],
  ];
}

// `npm run history`: the queue under load and chaos, with a witness and a checker. See README.md; --help shows the flags.
// Ends with 1 and the events around it when a property did not hold.
import { parseArgs } from "node:util";
import { BREAKS, type Break } from "./ground.ts";
import { figuresOf, violationsOf } from "./report.ts";
import { type RunOptions, runHistory } from "./run.ts";

const HELP = `npm run history [-- flags]

  --seconds <n>        how long load and chaos are to last; a slow machine takes longer; default 300
  --messages <n>       default 100000
  --conversations <n>  default 2000
  --tenants <n>        default 20
  --workers <n>        processes; default 4
  --lease <seconds>    default 2
  --seed <n>           repeats the load and the plan of the chaos; default: a new one, printed
  --port <n>           first of five ports; default 27400
  --break <guard>      takes a guard out of the engine first; the run must then fail:
${Object.entries(BREAKS)
  .map(([name, words]) => `                         ${name.padEnd(8)} ${words}`)
  .join("\n")}`;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    messages: { type: "string", default: "100000" },
    conversations: { type: "string", default: "2000" },
    tenants: { type: "string", default: "20" },
    workers: { type: "string", default: "4" },
    lease: { type: "string", default: "2" },
    seed: { type: "string" },
    port: { type: "string", default: "27400" },
    break: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (flags.help) console.log(HELP);
else process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions();
  const { seed, messages, conversations, tenants, workers, seconds } = options;
  console.log(
    `seed ${seed}: ${messages} messages, ${conversations} conversations, ${tenants} tenants, ${workers} workers, ${seconds} s`,
  );
  const result = await runHistory(options).catch((error) => {
    if (!options.signal.aborted) throw error;
  });
  if (result === undefined) return 130;
  console.log(`\n${figuresOf(result, options)}`);
  for (const accident of result.accidents) console.error(`\n${accident}`);
  const { violations } = result.verdict;
  if (violations.length > 0) console.error(`\n${violationsOf(result.history, violations)}`);
  if (violations.length > 0 || result.accidents.length > 0) {
    console.error(`\nFAILED; the same again: npm run history -- ${again(options)}`);
    return 1;
  }
  console.log("\nEvery property held.");
  return 0;
}

function readOptions(): RunOptions {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => abort.abort());
  const number = (name: Exclude<keyof typeof flags, "help" | "break">) => {
    const value = Number(flags[name]);
    if (Number.isFinite(value) && value > 0) return value;
    console.error(`--${name} must be a number above 0.`);
    process.exit(2);
  };
  return {
    seconds: number("seconds"),
    messages: number("messages"),
    conversations: number("conversations"),
    tenants: number("tenants"),
    workers: number("workers"),
    leaseSeconds: number("lease"),
    seed: flags.seed === undefined ? Math.ceil(Math.random() * 2 ** 31) : number("seed"),
    port: number("port"),
    broken: readBreak(),
    signal: abort.signal,
    onProgress: (words) => console.log(`  ${words}`),
  };
}

function readBreak(): Break | undefined {
  const names = Object.keys(BREAKS);
  // SAFETY: compared with the names themselves.
  const found = names.find((name) => name === flags.break) as Break | undefined;
  if (flags.break === undefined || found !== undefined) return found;
  console.error(`There is no guard "${flags.break}" to break; there are: ${names.join(", ")}.`);
  process.exit(2);
}

function again(options: RunOptions): string {
  const { seconds, messages, conversations, tenants, workers, seed, broken } = options;
  const given = { seconds, messages, conversations, tenants, workers, seed, lease: options.leaseSeconds };
  const words = Object.entries(given).map(([name, value]) => `--${name} ${value}`);
  return [...words, ...(broken === undefined ? [] : [`--break ${broken}`])].join(" ");
}

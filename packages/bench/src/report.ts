// The results as tables: in the terminal, and as packages/bench/RESULTS.md. Both are the same Markdown.
import type { IntakeCell } from "./intake.ts";
import type { Machine } from "./machine.ts";
import type { Parts } from "./parts.ts";
import type { PhoneCell } from "./phones.ts";

/** Everything that one run found out. */
export interface Results {
  readonly machine: Machine;
  readonly command: string;
  readonly seconds: number;
  readonly intake: readonly IntakeCell[];
  readonly rounds: number;
  readonly parts: Parts;
  readonly phones: readonly PhoneCell[];
  /** Messages in the database against webhooks that were answered 200. */
  readonly kept: { readonly answered: number; readonly stored: number };
}

const NAMES = { empty: "empty function", insert: "one insert", webhook: "wa-webhook" } as const;

/** The tables. */
export function tablesOf(results: Results): string {
  return [
    "## Webhook POST to 200\n",
    intakeTable(results.intake),
    `\nOf ${results.kept.answered} webhooks that were answered 200, ${results.kept.stored} are stored.`,
    "\n## Where the milliseconds go, one webhook at a time\n",
    partsTable(results),
    "\n## Who uses the processor, milliseconds a request\n",
    cpuTable(results.intake),
    "\n## Phone to answer\n",
    phoneTable(results.phones),
  ].join("\n");
}

/** The whole report. */
export function reportOf(results: Results): string {
  const { machine, rounds } = results;
  return `# Results

Written by \`${results.command}\`; how to read it stands in README.md beside this file. No figure here is a promise or a
test: another machine gives others, and so does this one when it has other work to do.

${machine.date} UTC, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system};
load average before the start ${machine.loadBefore.toFixed(2)}. Node ${machine.node}, Deno ${machine.deno}, Postgres
${machine.postgres} (fsync on), commit ${machine.commit}. One run of ${Math.round(results.seconds)} s, ${rounds} rounds.

${tablesOf(results)}

## What to keep in mind

- Everything shares one machine: the client, the gateway, Deno, Postgres. On a hosted project each has its own, and there
  is a network between them.
- There is one Deno process for each function here; a hosted project starts as many as it needs.
- p50 and p99 of the webhooks are medians over the rounds; the ratios are taken within each round, of the p50, before
  their median.
- The measured webhooks are text messages of known customers; nobody works them off meanwhile (the runner is stopped), so
  that the processor belongs to the 200.
- "Phone to answer" runs with everything on: its agent is the built-in model, which takes about as long as a knowledge
  search. The statuses of every answer come back as webhooks and cost their share. Meta's limits on sends are switched off.
`;
}

function intakeTable(cells: readonly IntakeCell[]): string {
  const rows = cells.map((cell) => [
    String(cell.inFlight),
    NAMES[cell.target],
    ms(cell.p50),
    ms(cell.p99),
    cell.perSecond.toFixed(0),
    times(cell.toEmpty),
    times(cell.toInsert),
    String(cell.requests),
    String(cell.failures),
  ]);
  return table(
    ["in flight", "function", "p50 ms", "p99 ms", "req/s", "to empty", "to insert", "requests", "failed"],
    rows,
  );
}

function partsTable({ intake, parts }: Results): string {
  const alone = (target: IntakeCell["target"]) =>
    intake.find((cell) => cell.target === target && cell.inFlight === 1)?.p50 ?? Number.NaN;
  const sql = parts.ingestWithoutDisk - parts.roundTrip;
  const commit = parts.ingest - parts.ingestWithoutDisk;
  const rest = alone("webhook") - alone("empty") - parts.signatureAndParse - parts.ingest;
  const rows = [
    ["gateway, HTTP twice and Deno (the empty function)", ms(alone("empty"))],
    ["signature and parsing", ms(parts.signatureAndParse)],
    ["driver and socket to Postgres and back (select 1)", ms(parts.roundTrip)],
    ["SQL of ingest_events", ms(sql)],
    ["commit to disk", ms(commit)],
    ["the rest: Hono, logging, a busier process", ms(rest)],
    ["**wa-webhook, p50**", `**${ms(alone("webhook"))}**`],
    ["for comparison: a single-row insert, committed", ms(parts.insert)],
    ["for comparison: 8 KiB forced to this disk", ms(parts.fdatasync)],
  ];
  return table(["part", "ms"], rows);
}

function cpuTable(cells: readonly IntakeCell[]): string {
  const parts = ["client", "gateway", "Deno", "Postgres"];
  const rows = cells.map((cell) => [
    String(cell.inFlight),
    NAMES[cell.target],
    ...parts.map((part) => ms(cell.cpuMsPerRequest[part] ?? Number.NaN)),
  ]);
  return table(["in flight", "function", ...parts], rows);
}

function phoneTable(cells: readonly PhoneCell[]): string {
  const rows = cells.map((cell) => [
    String(cell.quietMs),
    String(cell.inFlight),
    cell.p50.toFixed(0),
    cell.p99.toFixed(0),
    cell.quietMs === 0 ? "" : (cell.p50 - cell.quietMs).toFixed(0),
    cell.quietMs === 0 ? "" : (cell.p99 - cell.quietMs).toFixed(0),
    cell.answersPerSecond.toFixed(1),
    String(cell.count),
    String(cell.unanswered),
    cell.webhooksPerAnswer.toFixed(1),
    cell.messagesPerAnswer.toFixed(2),
  ]);
  const head = ["quiet ms", "customers", "p50 ms", "p99 ms", "p50 - quiet", "p99 - quiet", "answers/s", "answers"];
  return table([...head, "unanswered", "webhooks an answer", "messages an answer"], rows);
}

/** A Markdown table whose columns line up in a terminal too; all but text columns are set to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const isText = head.map((title) => /^(function|part)$/.test(title));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (isText[column] ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (isText[column] ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

function ms(value: number): string {
  return Number.isNaN(value) ? "?" : value.toFixed(2);
}

function times(value: number): string {
  return `${value.toFixed(1)}x`;
}

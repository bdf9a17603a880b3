// Webhook POST to 200, beside an empty function and one with a single-row insert: in turn, in rounds, so that whatever
// else the machine does meets all three alike.
import type { Stack } from "@switchboard/local/stack.ts";
import { type CpuTimes, cpuBetween, cpuTimes } from "./cpu.ts";
import type { LoadGenerator, LoadReport } from "./load.ts";
import { median, summarise } from "./statistics.ts";
import type { WebhookSource } from "./webhook.ts";

/** The three functions that are compared. */
export const TARGETS = ["empty", "insert", "webhook"] as const;
/** One of them. */
export type Target = (typeof TARGETS)[number];

/** One target at one load: medians over the rounds. */
export interface IntakeCell {
  readonly target: Target;
  readonly inFlight: number;
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  /** p50 as a multiple of the empty function's and of the insert's, round by round, then the median. */
  readonly toEmpty: number;
  readonly toInsert: number;
  /** Over all rounds. */
  readonly requests: number;
  readonly failures: number;
  /** CPU time of a request by part, in milliseconds, over all rounds. */
  readonly cpuMsPerRequest: Readonly<Record<string, number>>;
}

/** What came of it. */
export interface IntakeResult {
  readonly cells: readonly IntakeCell[];
  /** Webhooks that were answered 200 over the whole measurement, warm-up included. */
  readonly accepted: number;
}

/** How it is measured. */
export interface IntakeOptions {
  readonly stack: Stack;
  readonly load: LoadGenerator;
  readonly source: WebhookSource;
  readonly inFlight: readonly number[];
  readonly rounds: number;
  /** Of one target at one load in one round. */
  readonly milliseconds: number;
  readonly onProgress: (words: string) => void;
}

interface Sample {
  readonly target: Target;
  readonly inFlight: number;
  readonly round: number;
  readonly report: LoadReport;
  readonly cpu: Readonly<Record<string, number>>;
}

const WARM_UP_MS = 1500;
const EXPECTED: Readonly<Record<Target, string>> = {
  empty: '"received":1',
  insert: '"received":1',
  webhook: '"stored":1',
};

/** Measures. The programs beside the platform must be stopped, else the runner works off what comes in. */
export async function measureIntake(options: IntakeOptions): Promise<IntakeResult> {
  const samples: Sample[] = [];
  const warmUps = await warmUp(options);
  for (let round = 0; round < options.rounds; round += 1) {
    options.onProgress(`round ${round + 1} of ${options.rounds}`);
    for (const inFlight of options.inFlight)
      for (const target of rotated(TARGETS, round)) samples.push(await sample(options, { target, inFlight, round }));
  }
  const cells = options.inFlight.flatMap((inFlight) => TARGETS.map((target) => cellOf(samples, target, inFlight)));
  const reports = [...warmUps, ...samples.filter(({ target }) => target === "webhook").map(({ report }) => report)];
  return { cells, accepted: reports.reduce((sum, report) => sum + report.latencies.length - report.failures, 0) };
}

/** Lets every function compile its hot paths, and every customer write once: later messages come from known people. */
async function warmUp(options: IntakeOptions): Promise<LoadReport[]> {
  options.onProgress("warming up");
  const reports: LoadReport[] = [];
  for (const target of TARGETS) {
    const report = await options.load.run({ ...order(options, target, 8), milliseconds: WARM_UP_MS });
    if (target === "webhook") reports.push(report);
  }
  return reports;
}

async function sample(
  options: IntakeOptions,
  cell: { readonly target: Target; readonly inFlight: number; readonly round: number },
): Promise<Sample> {
  const before: CpuTimes = cpuTimes(options.stack.postgres.folder);
  const report = await options.load.run(order(options, cell.target, cell.inFlight));
  const cpu = { client: report.cpuMs, ...cpuBetween(before, cpuTimes(options.stack.postgres.folder)) };
  if (report.failures > 0)
    options.onProgress(`${cell.target}: ${report.failures} bad answers, the first: ${report.firstFailure}`);
  return { ...cell, report, cpu };
}

function order({ stack, source, milliseconds }: IntakeOptions, target: Target, inFlight: number) {
  const url = target === "webhook" ? stack.urls.webhook : `${stack.urls.functions}/bench-${target}`;
  return { url, inFlight, milliseconds, source, expected: EXPECTED[target] };
}

function cellOf(all: readonly Sample[], target: Target, inFlight: number): IntakeCell {
  const here = all.filter((each) => each.inFlight === inFlight);
  const mine = here.filter((each) => each.target === target);
  const p50 = (each: Sample | undefined) => summarise(each?.report.latencies ?? []).p50;
  const other = (to: Target, round: number) => here.find((each) => each.target === to && each.round === round);
  const requests = mine.reduce((sum, { report }) => sum + report.latencies.length, 0);
  const cpu: Record<string, number> = {};
  for (const each of mine)
    for (const [part, ms] of Object.entries(each.cpu)) cpu[part] = (cpu[part] ?? 0) + ms / requests;
  return {
    target,
    inFlight,
    p50: median(mine.map(p50)),
    p99: median(mine.map(({ report }) => summarise(report.latencies).p99)),
    perSecond: median(
      mine.map(({ report }) => (report.latencies.length - report.failures) / (report.milliseconds / 1000)),
    ),
    toEmpty: median(mine.map((each) => p50(each) / p50(other("empty", each.round)))),
    toInsert: median(mine.map((each) => p50(each) / p50(other("insert", each.round)))),
    requests,
    failures: mine.reduce((sum, { report }) => sum + report.failures, 0),
    cpuMsPerRequest: cpu,
  };
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

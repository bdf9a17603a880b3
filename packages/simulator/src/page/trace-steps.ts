// The words for the steps of a trace.
import type { TraceStep } from "../types.ts";

/** A step in words; `bad` when it is a failure. */
export type StepText = { readonly label: string; readonly note: string; readonly bad: boolean };

const labels: Readonly<Record<string, string>> = {
  tapped: "Message tapped",
  webhook_posted: "Webhook posted",
  read_by_business: "Read, typing dots shown",
  typing_shown: "Typing dots shown",
  graph_accepted: "Graph API accepted",
  ingested: "Committed in Postgres",
  queued: "Queued",
  claimed: "Turn claimed",
  agent_called: "Agent called",
  answered: "Agent answered",
  outbound_stored: "Reply stored",
  send_prepared: "Send prepared",
  send_started: "Send started",
  accepted: "Acceptance recorded",
  rejected: "Refusal recorded",
  unknown: "Not known whether it left",
  skipped: "Not answered",
  superseded: "Answer dropped: more was written",
  cancelled: "Reply taken back",
  status_sent: "Status: sent",
  status_delivered: "Status: delivered",
  status_read: "Status: read",
  status_failed: "Status: failed",
};

/**
 * The steps that are shown: a status webhook gives way once the system has told that it arrived, and typing dots that
 * come with the read mark are one step with it.
 */
export function visibleSteps(steps: readonly TraceStep[]): readonly TraceStep[] {
  const read = steps.findIndex((step) => step.step === "read_by_business");
  const told = new Set(steps.filter((step) => step.source === "system").map((step) => step.step));
  const shown = steps.filter((step, index) => step.step !== "typing_shown" || index !== read + 1 || read === -1);
  return shown.filter((step) => step.step !== "status_webhook" || !told.has(`status_${String(step.detail.status)}`));
}

/** The words for a step. */
export function describe(step: TraceStep): StepText {
  const { detail } = step;
  if (step.step === "webhook_answered") {
    const status = Number(detail.status);
    const label = status === 200 ? "Answered 200" : status === 0 ? "No answer" : `Refused with ${status}`;
    return { label, note: status === 200 ? `after ${detail.ms} ms` : "will be tried again", bad: status !== 200 };
  }
  if (step.step === "webhook_posted" && Number(detail.attempt) > 1)
    return { label: "Webhook posted again", note: `try ${detail.attempt}`, bad: false };
  if (step.step === "graph_refused")
    return { label: `Graph API refused: ${detail.code}`, note: `HTTP ${detail.status}`, bad: true };
  if (step.step === "status_webhook")
    return { label: `Status posted: ${detail.status}`, note: "", bad: detail.status === "failed" };
  return {
    label: labels[step.step] ?? step.step.replaceAll("_", " "),
    note: note(step),
    bad: step.step === "status_failed",
  };
}

function note(step: TraceStep): string {
  const { detail } = step;
  if (step.step === "webhook_posted") return "signed";
  if (step.step === "graph_accepted") return String(detail.type ?? "");
  return step.source === "phone" ? "" : (notes[step.step]?.(detail) ?? "");
}

/** What the system's steps say besides their name. */
const notes: Readonly<Record<string, (detail: TraceStep["detail"]) => string>> = {
  ingested: ({ position }) => `position ${position}`,
  claimed: ({ messages, tries }) => (messages === 1 ? "1 message" : `${messages} messages`) + again(tries),
  agent_called: ({ endpoint, service }) => String(endpoint ?? service).replace(/^https?:\/\//, ""),
  answered: ({ agent_ms: ms }) => (typeof ms === "number" ? `in ${ms} ms` : ""),
  superseded: ({ answers }) => (answers === 1 ? "" : `${answers} answers`),
  cancelled: ({ reason }) => String(reason ?? ""),
  skipped: ({ reason }) => String(reason ?? ""),
  send_started: ({ attempt }) => again(attempt).slice(2),
  rejected: ({ code }) => String(code ?? ""),
  unknown: ({ code }) => String(code ?? ""),
};

function again(tries: unknown): string {
  return Number(tries) > 1 ? `, try ${tries}` : "";
}

// "Trace of the last message": every step with its time, as a waterfall that grows while the answer is made.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { TraceStep, TraceView } from "../types.ts";
import { icon } from "./icons.ts";
import { panel, selected, thread, traces } from "./store.ts";
import { duration, exactTime } from "./time.ts";
import { describe, visibleSteps } from "./trace-steps.ts";

/** The right side of the page. */
export function TracePanel(): VNode {
  const trace = traces.value.get(selected.value ?? "");
  return html`<aside class="trace" data-testid="trace" aria-label="Trace of the last message">
    <header class="trace-head">
      <h2>Trace of the last message</h2>
      <button type="button" class="round trace-close" aria-label="Close" onClick=${() => (panel.value = "none")}>${icon("close")}</button>
    </header>
    ${trace === undefined ? html`<${NoTrace} />` : html`<${Waterfall} trace=${trace} />`}
  </aside>`;
}

function NoTrace(): VNode {
  return html`<div class="no-trace">${icon("pulse", 34)}
    <p>Send a message, and watch its way here: webhook, queue, agent, reply, ticks.</p></div>`;
}

function Waterfall({ trace }: { readonly trace: TraceView }): VNode {
  const start = Date.parse(trace.started_at);
  const steps = visibleSteps(trace.steps);
  const last = steps.at(-1);
  const total = Math.max(1, (last === undefined ? start : Date.parse(last.at)) - start);
  const keys = steps.map((step, index) => {
    const before = steps.slice(0, index).filter((other) => other.step === step.step && other.source === step.source);
    return `${step.source} ${step.step} ${before.length}`;
  });
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => list.current?.scrollTo({ top: list.current.scrollHeight, behavior: "smooth" }), [steps.length]);
  const inner = steps.some((step) => step.source === "system");
  return html`<${Summary} trace=${trace} start=${start} />
    <ol class="steps" ref=${list}>${steps.map((step, index) => {
      const from = index === 0 ? start : Date.parse(steps[index - 1]?.at ?? trace.started_at);
      return html`<${Step} key=${keys[index]} step=${step} from=${from - start} until=${Date.parse(step.at) - start} total=${total} />`;
    })}</ol>
    <footer class="legend"><span data-source="phone">seen by the phone</span>${inner && html`<span data-source="system">told by Switchboard</span>`}</footer>`;
}

function Summary({ trace, start }: { readonly trace: TraceView; readonly start: number }): VNode {
  const message = thread(trace.customer).value?.find((item) => item.id === trace.message_id);
  const reply = trace.steps.find((step) => step.step === "graph_accepted");
  const ack = trace.steps.find((step) => step.step === "webhook_answered" && step.detail.status === 200);
  const since = (step: TraceStep | undefined) => (step === undefined ? "…" : duration(Date.parse(step.at) - start));
  return html`<div class="trace-summary">
    <p class="trace-text">${message?.text === undefined ? `A message of type ${message?.type ?? "…"}` : `“${message.text}”`}</p>
    <dl><div><dt>webhook taken</dt><dd>${since(ack)}</dd></div><div class="hero"><dt>first reply</dt><dd>${since(reply)}</dd></div></dl>
  </div>`;
}

function Step(props: {
  readonly step: TraceStep;
  readonly from: number;
  readonly until: number;
  readonly total: number;
}): VNode {
  const { step, from, until, total } = props;
  const { label, note, bad } = describe(step);
  const left = Math.max(0, (from / total) * 100);
  const width = Math.max(0, ((until - from) / total) * 100);
  return html`<li class="step" data-testid="trace-step" data-step=${step.step} data-source=${step.source} data-bad=${bad}>
    <span class="step-dot"></span>
    <div class="step-main">
      <span class="step-line">
        <span class="step-label" title=${note}><b class="step-name">${label}</b><span class="step-note">${note}</span></span>
        <span class="step-ms">+${duration(until)}</span>
      </span>
      <span class="step-way">
        <span class="track"><i style=${`left:${Math.min(99, left)}%;width:max(3px, ${width}%)`}></i></span>
        <time>${exactTime(new Date(step.at))}</time>
      </span>
    </div>
  </li>`;
}

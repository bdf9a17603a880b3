// The drawer with the switches that make the network unpleasant.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ChaosPatch, ChaosSettings } from "../chaos.ts";
import { icon } from "./icons.ts";
import { activeSwitches, changeChaos, chaos, panel } from "./store.ts";

type Switch = {
  readonly name: string;
  readonly label: string;
  readonly note: string;
  readonly on: ChaosPatch;
  readonly off: ChaosPatch;
};

const webhookSwitches: readonly Switch[] = [
  {
    name: "duplicate",
    label: "Duplicate webhooks",
    note: "Every webhook arrives three times.",
    on: { duplicate: 2, duplicateProbability: 1 },
    off: { duplicate: 0 },
  },
  {
    name: "reorder",
    label: "Shuffle webhooks",
    note: "Messages overtake each other.",
    on: { reorder: true },
    off: { reorder: false },
  },
  {
    name: "delay",
    label: "Slow webhooks",
    note: "Each waits one to three seconds.",
    on: { delayMs: { min: 1000, max: 3000 } },
    off: { delayMs: { min: 0, max: 0 } },
  },
  {
    name: "batch",
    label: "Batched webhooks",
    note: "One POST a second carries everything.",
    on: { batch: { size: 50, windowMs: 1000 } },
    off: { batch: { size: 1, windowMs: 0 } },
  },
  {
    name: "drop",
    label: "Lost webhooks",
    note: "One in five never arrives.",
    on: { dropProbability: 0.2 },
    off: { dropProbability: 0 },
  },
  {
    name: "statuses",
    label: "Statuses backwards",
    note: "Read before delivered before sent.",
    on: { statusOrder: "reversed" },
    off: { statusOrder: "normal" },
  },
  {
    name: "early",
    label: "Early statuses",
    note: "They arrive before the send is answered.",
    on: { statusBeforeAnswer: true },
    off: { statusBeforeAnswer: false },
  },
  {
    name: "badfiles",
    label: "Broken files",
    note: "A file that is fetched turns out to be a web page.",
    on: { media: { html: true } },
    off: { media: { html: false } },
  },
];
const graphSwitches: readonly Switch[] = [
  {
    name: "refuse",
    label: "Broken sends",
    note: "One in ten answers 500 or 503 and is not taken.",
    on: { graph: { refuseProbability: 0.1, refuseHow: "error" } },
    off: { graph: { refuseProbability: 0 } },
  },
  {
    name: "errors",
    label: "Refused sends",
    note: "Half of all sends answer error 131016.",
    on: { graph: { errorCode: 131016, probability: 0.5, count: null } },
    off: { graph: { errorCode: null } },
  },
  {
    name: "later",
    label: "Sends that fail later",
    note: "Half are accepted, then fail (131000).",
    on: { graph: { laterErrorCode: 131000, laterProbability: 0.5 } },
    off: { graph: { laterErrorCode: null } },
  },
  {
    name: "latency",
    label: "Slow Graph API",
    note: "Every call takes two seconds more.",
    on: { graph: { latencyMs: 2000 } },
    off: { graph: { latencyMs: 0 } },
  },
  {
    name: "hang",
    label: "Swallowed answers",
    note: "Half are delivered, yet never answered.",
    on: { graph: { hangProbability: 0.5 } },
    off: { graph: { hangProbability: 0 } },
  },
];

/** The drawer. */
export function ChaosDrawer(): VNode | null {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const settings = chaos.value;
  if (settings === null) return null;
  const close = () => (panel.value = "none");
  return html`<dialog class="drawer" ref=${dialog} aria-labelledby="chaos-title" onClose=${close} data-testid="chaos"
    onClick=${(event: Event) => event.target === dialog.current && close()}>
    <div class="drawer-body">
      <header><h3 id="chaos-title">Chaos</h3>
        <button type="button" class="round" aria-label="Close" onClick=${close}>${icon("close")}</button></header>
      <p class="hint">A bad day on the network. Whatever you switch on, every message should still be answered once and in order.</p>
      <h4>On the way to the business</h4>${webhookSwitches.map((item) => toggle(item, settings))}
      <h4>On the way back</h4>${graphSwitches.map((item) => toggle(item, settings))}
      <button type="button" class="quiet wide-button" data-testid="chaos-reset" onClick=${() => changeChaos(null)}>Calm everything</button>
    </div>
  </dialog>`;
}

function toggle(item: Switch, settings: ChaosSettings): VNode {
  const on = activeSwitches(settings).includes(item.name);
  return html`<button type="button" class="toggle" role="switch" aria-checked=${on} data-testid=${`chaos-${item.name}`}
    onClick=${() => changeChaos(on ? item.off : item.on)}>
    <span><b>${item.label}</b><small>${item.note}</small></span><i class="knob"></i></button>`;
}

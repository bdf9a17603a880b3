// The drawer with one lane: where it stands, what waits in it, what its head failed with, and what can be done about it.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { LaneDetail } from "../queue/answers.ts";
import { icon } from "./icons.ts";
import { askPause, resume, wake } from "./queue-actions.ts";
import { State } from "./queue-lanes.ts";
import { now, open, snapshot } from "./queue-store.ts";
import { age, shortId } from "./queue-words.ts";

type Place = { readonly queue: string; readonly lane_id: string };

/** The drawer. */
export function LaneDrawer({ place }: { readonly place: Place }): VNode {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  const found = snapshot.value?.lane;
  const lane = found?.lane_id === place.lane_id && found.queue === place.queue ? found : undefined;
  return html`<dialog class="drawer lane-drawer" ref=${box} aria-labelledby="lane-title" data-testid="lane-drawer" onClose=${() => open(null)}
    onClick=${(event: Event) => event.target === box.current && open(null)}>
    <div class="drawer-body">
      <header><h3 id="lane-title">Lane <code>${shortId(place.lane_id)}</code></h3>
        <button type="button" class="round" aria-label="Close" onClick=${() => open(null)}>${icon("close")}</button></header>
      ${lane !== undefined ? html`<${Inside} lane=${lane} />` : html`<p class="hint">${found === null ? "There is no such lane any more." : "Looking …"}</p>`}
    </div>
  </dialog>`;
}

function Inside({ lane }: { readonly lane: LaneDetail }): VNode {
  const { state, at, tries } = lane;
  const error = lane.last_error;
  return html`
    ${at === null || tries === null ? html`<span class="state" data-state=${state}><span class="state-badge">${state}</span></span>` : html`<${State} lane=${{ ...lane, at, tries }} />`}
    <dl class="facts">
      <div><dt>queue</dt><dd>${lane.queue}</dd></div><div><dt>tenant</dt><dd>${lane.tenant ?? "–"}</dd></div>
      <div><dt>waiting</dt><dd>${lane.depth}</dd></div><div><dt>done up to</dt><dd>${lane.done}</dd></div>
      <div><dt>tries</dt><dd>${tries ?? "–"}</dd></div><div><dt>leases lost</dt><dd>${lane.lost ?? "–"}</dd></div>
      <div><dt>priority</dt><dd>${lane.priority ?? "–"}</dd></div><div><dt>fencing token</dt><dd>${lane.token ?? "–"}</dd></div>
      <div class="whole"><dt>lane</dt><dd><code>${lane.lane_id}</code></dd></div>
    </dl>
    ${error !== null && html`<p class="failure" data-testid="lane-error"><b>${error.code ?? "failed"}</b> ${error.message}</p>`}
    ${lane.pauses.map((pause) => html`<p class="failure paused">Paused${pause.lane_id === null ? (pause.tenant_id === null ? " (the whole queue)" : " (the tenant)") : ""}: ${pause.reason}</p>`)}
    <${Actions} lane=${lane} />
    <h4>What waits, in order</h4>
    ${lane.messages.length === 0 && html`<p class="hint">Nothing.</p>`}
    <ol class="rows messages">${lane.messages.map(
      (message, index) => html`<li key=${message.seq} data-testid="lane-message">
        <span class="seq">${message.seq}</span><b>${message.kind}</b>${message.in_hand && html`<small class="tag">in hand</small>`}
        ${index === 0 && Number(tries) > 0 && html`<small class="tag">try ${tries}</small>`}
        <span class="end">${age(message.enqueued_at, now.value)}</span>
        <code title=${message.correlation_id}>${message.correlation_id}</code></li>`,
    )}</ol>
    ${lane.depth > lane.messages.length && html`<p class="hint">The first ${lane.messages.length} of ${lane.depth} numbers; cancelled ones are passed over.</p>`}`;
}

function Actions({ lane }: { readonly lane: LaneDetail }): VNode {
  const scope = { queue: lane.queue, lane_id: lane.lane_id };
  const isPaused = lane.pauses.some((pause) => pause.lane_id !== null);
  const canWake = lane.state === "backing_off" || lane.state === "resting";
  return html`<div class="drawer-acts">
    <button type="button" class="small-button strong" data-testid="wake" disabled=${!canWake} onClick=${() => wake(scope)}>Wake now</button>
    ${
      isPaused
        ? html`<button type="button" class="small-button" onClick=${() => resume(scope)}>Resume lane</button>`
        : html`<button type="button" class="small-button" onClick=${() => askPause(scope, `lane ${shortId(lane.lane_id)}`)}>Pause lane</button>`
    }
    ${lane.customer !== null && html`<a class="small-button" href=${`/#customer=${encodeURIComponent(lane.customer)}`}>${icon("pulse", 15)}Phone and trace</a>`}
  </div>`;
}

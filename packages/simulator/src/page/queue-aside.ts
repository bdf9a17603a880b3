// What stands beside the queues: the workers with their last sign of life, and what is paused.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { Overview, PauseView } from "../queue/answers.ts";
import { resume } from "./queue-actions.ts";
import { now } from "./queue-store.ts";
import { age, shortId } from "./queue-words.ts";

/** Workers and pauses. */
export function Aside({ overview }: { readonly overview: Overview }): VNode {
  const { workers, pauses } = overview;
  return html`<section class="panel" aria-labelledby="workers-title" data-testid="workers">
      <header class="panel-head"><h2 id="workers-title">Workers</h2></header>
      ${workers.length === 0 && html`<p class="nothing">None. Without a runner, the queue-worker function works in short runs.</p>`}
      <ul class="rows">${workers.map(
        (worker) => html`<li key=${worker.id} data-alive=${worker.alive}>
          <span class="dot" data-on=${worker.alive}></span><b>${worker.kind}</b><code title=${worker.id}>${worker.id}</code>
          <span class="end" title="Last sign of life">${worker.alive ? "" : "silent for "}${age(worker.heartbeat_at, now.value)}${worker.alive ? " ago" : ""}</span>
        </li>`,
      )}</ul>
    </section>
    <section class="panel" aria-labelledby="pauses-title" data-testid="pauses">
      <header class="panel-head"><h2 id="pauses-title">Pauses</h2></header>
      ${pauses.length === 0 && html`<p class="nothing">Nothing is paused.</p>`}
      <ul class="rows">${pauses.map((pause) => html`<${Pause} key=${`${pause.queue} ${pause.tenant_id} ${pause.lane_id}`} pause=${pause} />`)}</ul>
    </section>`;
}

function Pause({ pause }: { readonly pause: PauseView }): VNode {
  const { queue, tenant_id, lane_id } = pause;
  const what =
    lane_id !== null
      ? `lane ${shortId(lane_id)}`
      : tenant_id !== null
        ? (pause.tenant ?? shortId(tenant_id))
        : "everything";
  const scope = { queue, ...(tenant_id === null ? {} : { tenant_id }), ...(lane_id === null ? {} : { lane_id }) };
  return html`<li><b>${queue}</b><span>${what}</span><span class="reason">${pause.reason}</span>
    <span class="end">${age(pause.paused_at, now.value)}</span>
    <button type="button" class="small-button" aria-label=${`Resume ${queue}, ${what}`} onClick=${() => resume(scope)}>Resume</button></li>`;
}

// The queues with their lanes by state, and under each the tenants that have work in it.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { LaneState, Overview, QueueView, Tally, TenantView } from "../queue/answers.ts";
import { icon } from "./icons.ts";
import { askPause, resume } from "./queue-actions.ts";
import { filter, now, show } from "./queue-store.ts";
import { age, capped, count, span, states } from "./queue-words.ts";

const columns: readonly Exclude<LaneState, "idle">[] = ["due", "leased", "backing_off", "resting", "parked", "expired"];

/** The table of the queues. */
export function Queues({ overview }: { readonly overview: Overview }): VNode {
  return html`<section class="panel queues" aria-labelledby="queues-title">
    <header class="panel-head"><h2 id="queues-title">Queues</h2></header>
    <table class="grid-table">
      <thead><tr><th scope="col">Queue</th><th scope="col" class="num">Messages</th>
        ${columns.map((state) => html`<th scope="col" class="num" title=${states[state].meaning}>${states[state].label}</th>`)}
        <th scope="col" class="num" title="Age of the oldest message that is not done">Oldest</th>
        <th scope="col" class="num" title="When the next waiting lane becomes ready">Next</th>
        <th scope="col" class="num" title="Work that is to be queued later">Scheduled</th>
        <th scope="col" class="num">Dead</th><th scope="col"><span class="unseen">Pause</span></th></tr></thead>
      ${overview.queues.map((queue) => html`<${Queue} key=${queue.queue} queue=${queue} cap=${overview.cap} />`)}
    </table>
  </section>`;
}

function Queue({ queue, cap }: { readonly queue: QueueView; readonly cap: number }): VNode {
  const open = useSignal(false);
  const name = queue.queue;
  const { next_at: next, work } = queue.scheduled;
  return html`<tbody data-testid=${`queue-${name}`} data-paused=${queue.pause !== null}>
    <tr class="queue-row">
      <th scope="row">
        <button type="button" class="expand" aria-expanded=${open.value} disabled=${queue.tenants.length === 0}
          aria-label=${`Tenants in ${name}`} onClick=${() => (open.value = !open.value)}>${icon("down", 15)}</button>
        <button type="button" class="link" title="Show its lanes only" onClick=${() => show({ ...filter.value, queue: name })}>${name}</button>
        ${queue.limit !== null && html`<small class="tag" title="Lanes that may be in work at once">limit ${queue.limit}</small>`}
        ${queue.pause !== null && html`<small class="tag warn" title=${queue.pause.reason}>paused</small>`}
      </th>
      ${cells(queue, { queue: name })}
      <td class="num" data-label="scheduled">${capped(work, cap)}${next !== null && html`<small> in ${span(Date.parse(next) - now.value)}</small>`}</td>
      <td class="num ${queue.dead > 0 ? "bad" : ""}" data-label="dead">${capped(queue.dead, cap)}</td>
      <td class="acts"><${Pause} scope=${{ queue: name }} what=${`the queue ${name}`} paused=${queue.pause !== null} /></td>
    </tr>
    ${open.value && queue.tenants.map((tenant) => html`<${Tenant} key=${tenant.tenant_id} tenant=${tenant} queue=${name} />`)}
    ${open.value && queue.tenants_more && html`<tr class="tenant-row"><td colspan="14" class="note">There are more tenants; these are the busiest and some others.</td></tr>`}
  </tbody>`;
}

function Tenant({ tenant, queue }: { readonly tenant: TenantView; readonly queue: string }): VNode {
  const scope = { queue, tenant_id: tenant.tenant_id };
  return html`<tr class="tenant-row" data-testid=${`tenant-${queue}-${tenant.tenant}`}>
    <th scope="row">
      <button type="button" class="link" title="Show its lanes only"
        onClick=${() => show({ ...filter.value, queue, tenant: { id: tenant.tenant_id, slug: tenant.tenant } })}>${tenant.tenant}</button>
      ${tenant.weight > 1 && html`<small class="tag" title="Its part of the workers">weight ${tenant.weight}</small>`}
      ${tenant.limit !== null && html`<small class="tag" title="Conversations that may be in work at once">limit ${tenant.limit}</small>`}
      ${tenant.pause !== null && html`<small class="tag warn" title=${tenant.pause.reason}>paused</small>`}
    </th>
    ${cells(tenant, { queue, tenant: { id: tenant.tenant_id, slug: tenant.tenant } })}
    <td class="skip"></td><td class="skip"></td>
    <td class="acts"><${Pause} scope=${scope} what=${`${tenant.tenant} in ${queue}`} paused=${tenant.pause !== null} /></td>
  </tr>`;
}

/** The counts of a queue or a tenant; each leads to the lanes that it counts. */
function cells(tally: Tally, of: { readonly queue: string; readonly tenant?: { id: string; slug: string } }): VNode {
  const { next_at: next, due } = tally;
  return html`<td class="num strong" data-label="messages">${count(tally, "waiting")}</td>
    ${columns.map(
      (state) =>
        html`<td class="num" data-label=${states[state].label}>${
          tally[state] === 0
            ? html`<span class="zero">0</span>`
            : html`<button type="button" class="link" data-state=${state} onClick=${() => show({ ...of, state })}>${count(tally, state)}</button>`
        }</td>`,
    )}
    <td class="num" data-label="oldest">${age(tally.oldest_at, now.value)}</td>
    <td class="num" data-label="next">${due > 0 ? "now" : next === null ? "–" : `in ${span(Date.parse(next) - now.value)}`}</td>`;
}

function Pause(props: {
  readonly scope: { readonly queue: string; readonly tenant_id?: string };
  readonly what: string;
  readonly paused: boolean;
}): VNode {
  const { scope, what, paused } = props;
  return paused
    ? html`<button type="button" class="small-button strong" aria-label=${`Resume ${what}`} onClick=${() => resume(scope)}>Resume</button>`
    : html`<button type="button" class="small-button" aria-label=${`Pause ${what}`} onClick=${() => askPause(scope, what)}>Pause</button>`;
}

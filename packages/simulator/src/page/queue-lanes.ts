// The lanes with work: who holds each, how long still, when the next try comes.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { LaneState, LanesPage, LaneView, Overview } from "../queue/answers.ts";
import { icon } from "./icons.ts";
import { filter, lanePage, now, open, opened, show, turnLanes } from "./queue-store.ts";
import { age, shortId, states, when } from "./queue-words.ts";

const tabs: readonly (Exclude<LaneState, "idle"> | undefined)[] = [
  undefined,
  "due",
  "leased",
  "backing_off",
  "resting",
  "parked",
  "expired",
];
/** What a worker asks for; a longer lease just shows a full bar. */
const LEASE_MS = 30_000;

/** The table of the lanes, with what filters it. */
export function Lanes({ page, overview }: { readonly page: LanesPage; readonly overview: Overview }): VNode {
  const { state: _state, ...others } = filter.value;
  return html`<section class="panel wide-panel" aria-labelledby="lanes-title" data-testid="lanes">
    <header class="panel-head"><h2 id="lanes-title">Lanes</h2><${Filters} overview=${overview} /></header>
    <div class="tabs" role="group" aria-label="State">${tabs.map(
      (
        state,
      ) => html`<button type="button" class="tab" aria-pressed=${filter.value.state === state} title=${state && states[state].meaning}
        onClick=${() => show({ ...others, ...(state === undefined ? {} : { state }) })}>${state === undefined ? "all" : states[state].label}</button>`,
    )}</div>
    ${
      page.lanes.length === 0
        ? html`<p class="nothing">${lanePage.value > 1 ? "No more lanes here." : "No lane is in this state. Everything that came is done."}</p>`
        : html`<table class="grid-table lanes">
          <thead><tr><th scope="col">State</th><th scope="col">Lane</th><th scope="col">Tenant</th><th scope="col">At its head</th>
            <th scope="col" class="num">Depth</th><th scope="col" class="num">Tries</th><th scope="col" class="num">Oldest</th></tr></thead>
          <tbody>${page.lanes.map((lane) => html`<${Lane} key=${`${lane.queue} ${lane.lane_id}`} lane=${lane} />`)}</tbody>
        </table>`
    }
    <${Pager} page=${lanePage.value} more=${page.next !== null} turn=${turnLanes} what="lanes" />
    ${filter.value.state === undefined && page.lanes.length >= 12 && html`<p class="note">The first 12 of each kind; choose a state to see them all.</p>`}
  </section>`;
}

/** The queue and the tenant that are shown, each of which can be taken away again. */
export function Filters({ overview }: { readonly overview: Overview }): VNode {
  const { queue, tenant } = filter.value;
  const { tenant: _tenant, queue: _queue, ...rest } = filter.value;
  return html`<div class="filters">
    <label class="pick"><span class="unseen">Queue</span><select value=${queue ?? ""} onChange=${(event: Event) => {
      if (!(event.target instanceof HTMLSelectElement)) return;
      const chosen = event.target.value;
      show({ ...rest, ...(tenant === undefined ? {} : { tenant }), ...(chosen === "" ? {} : { queue: chosen }) });
    }}><option value="">all queues</option>${overview.queues.map((one) => html`<option value=${one.queue}>${one.queue}</option>`)}</select></label>
    ${
      tenant !== undefined &&
      html`<button type="button" class="chip" aria-label=${`Tenant ${tenant.slug}: show all tenants`}
        onClick=${() => show({ ...rest, ...(queue === undefined ? {} : { queue }) })}>${tenant.slug}${icon("close", 13)}</button>`
    }
  </div>`;
}

function Lane({ lane }: { readonly lane: LaneView }): VNode {
  const isOpen = opened.value?.lane_id === lane.lane_id && opened.value.queue === lane.queue;
  return html`<tr data-testid="lane" data-state=${lane.state} data-queue=${lane.queue} data-lane=${lane.lane_id} data-tries=${lane.tries} aria-current=${isOpen ? "true" : undefined}>
    <td class="state-cell"><${State} lane=${lane} /></td>
    <td data-label="lane"><button type="button" class="link mono" aria-haspopup="dialog" aria-label=${`Lane ${shortId(lane.lane_id)} of ${lane.queue}`}
      onClick=${() => open({ queue: lane.queue, lane_id: lane.lane_id })}>${shortId(lane.lane_id)}</button> <small>${lane.queue}</small></td>
    <td data-label="tenant">${lane.tenant ?? shortId(lane.tenant_id ?? "")}</td>
    <td data-label="head" class="head"><b>${lane.kind ?? "–"}</b> <code title=${lane.correlation_id ?? ""}>${lane.correlation_id ?? ""}</code></td>
    <td class="num" data-label="depth">${lane.depth}</td>
    <td class="num" data-label="tries">${lane.tries}${lane.lost > 0 && html` <small class="bad" title="Leases in a row that ran out">${lane.lost} lost</small>`}</td>
    <td class="num" data-label="oldest">${age(lane.oldest_at, now.value)}</td>
  </tr>`;
}

/** The badge of a lane and what there is to say about when. */
export function State({ lane }: { readonly lane: Pick<LaneView, "state" | "at" | "tries" | "leased_by"> }): VNode {
  const left = Math.max(0, Math.min(1, (Date.parse(lane.at) - now.value) / LEASE_MS));
  const isHeld = lane.state === "leased" || lane.state === "expired";
  return html`<span class="state" data-state=${lane.state}>
    <span class="state-badge" title=${states[lane.state].meaning}>${states[lane.state].label}</span>
    <span class="state-when">
      ${isHeld && html`<b class="holder" title=${lane.leased_by}>${lane.leased_by}</b>`}
      <span>${when(lane, now.value)}</span>
      ${lane.state === "leased" && html`<i class="lease" aria-hidden="true"><i style=${`width:${(left * 100).toFixed(1)}%`}></i></i>`}
    </span>
  </span>`;
}

/** Buttons for the page before and the next one; nothing when there is but one. */
export function Pager(props: {
  readonly page: number;
  readonly more: boolean;
  readonly turn: (forward: boolean) => void;
  readonly what: string;
}): VNode | null {
  const { page, more, turn, what } = props;
  if (page === 1 && !more) return null;
  return html`<nav class="pager" aria-label=${`Pages of the ${what}`}>
    <button type="button" class="small-button" disabled=${page === 1} onClick=${() => turn(false)}>Back</button>
    <span>page ${page}</span>
    <button type="button" class="small-button" disabled=${!more} onClick=${() => turn(true)}>Next</button>
  </nav>`;
}

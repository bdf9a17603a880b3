// The page on the queue: queues and tenants, workers and pauses, lanes, dead letters; a drawer for one lane.
import { html, render } from "htm/preact";
import type { VNode } from "preact";
import { icon, mark } from "./icons.ts";
import { toast } from "./queue-actions.ts";
import { Aside } from "./queue-aside.ts";
import { Dialogs } from "./queue-dialogs.ts";
import { LaneDrawer } from "./queue-drawer.ts";
import { Lanes } from "./queue-lanes.ts";
import { Letters } from "./queue-letters.ts";
import { Queues } from "./queue-queues.ts";
import { follow, opened, problem, shard, showShard, snapshot } from "./queue-store.ts";

function App(): VNode {
  const shown = snapshot.value;
  return html`<div class="window">
    <${Head} />
    ${
      problem.value !== null &&
      html`<p class="alarm" role="alert" data-testid="queue-problem">${icon("warn", 18)}<span>${problem.value}
        ${shown === null ? "" : " What you see is old."} Trying again every second.</span></p>`
    }
    ${
      shown === null
        ? problem.value === null && html`<p class="nothing">Looking …</p>`
        : html`<main class="board" data-stale=${problem.value !== null} data-testid="queue-board">
            <${Queues} overview=${shown.overview} />
            <${Aside} overview=${shown.overview} />
            <${Lanes} page=${shown.lanes} overview=${shown.overview} />
            <${Letters} letters=${shown.letters} more=${shown.letters_more} overview=${shown.overview} />
          </main>`
    }
    ${opened.value !== null && html`<${LaneDrawer} key=${`${opened.value.queue} ${opened.value.lane_id}`} place=${opened.value} />`}
    <${Dialogs} />
    <div class="toast" role="status" data-shown=${toast.value !== null}>${toast.value}</div>
  </div>`;
}

function Head(): VNode {
  const shards = snapshot.value?.overview.shards ?? [];
  return html`<header class="window-head">
    <div class="window-brand">${mark()}<h1><b>Switchboard</b> queue</h1></div>
    <span class="live" data-on=${problem.value === null} data-testid="queue-live">${problem.value === null ? "live" : "not connected"}</span>
    ${
      shards.length > 1 &&
      html`<label class="pick">Shard <select value=${shard.value} onChange=${(event: Event) => {
        if (event.target instanceof HTMLSelectElement) showShard(Number(event.target.value));
      }}>${shards.map((one) => html`<option value=${one}>${one}</option>`)}</select></label>`
    }
    <a class="quiet to-phone" href="/" data-testid="phone-link">${icon("back", 17)}Phone</a>
  </header>`;
}

const root = document.getElementById("app");
if (root !== null) render(html`<${App} />`, root);
follow();

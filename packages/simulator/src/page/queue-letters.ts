// The dead letters: why each died, what it carried, and the two things that can be done with it.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { Letter, Overview } from "../queue/answers.ts";
import { icon } from "./icons.ts";
import { askAll, askDiscard, replay, showPayload } from "./queue-actions.ts";
import { Filters, Pager } from "./queue-lanes.ts";
import { filter, letterPage, now, open, show, turnLetters } from "./queue-store.ts";
import { age, capped, errorWords, shortId } from "./queue-words.ts";

/** The table of the dead letters. */
export function Letters(props: {
  readonly letters: readonly Letter[];
  readonly more: boolean;
  readonly overview: Overview;
}): VNode {
  const { letters, more, overview } = props;
  const { code, ...rest } = filter.value;
  return html`<section class="panel wide-panel" aria-labelledby="letters-title" data-testid="dead-letters">
    <header class="panel-head"><h2 id="letters-title">Dead letters <small class="amount">${capped(overview.dead, overview.cap)}</small></h2>
      <${Filters} overview=${overview} />
      ${
        code !== undefined &&
        html`<button type="button" class="chip" aria-label=${`Reason ${code}: show all reasons`} onClick=${() => show(rest)}>${code}${icon("close", 13)}</button>`
      }
      <span class="end all-acts">
        <button type="button" class="small-button strong" disabled=${letters.length === 0} onClick=${() => askAll("replay")}>Replay all</button>
        <button type="button" class="small-button" disabled=${letters.length === 0} onClick=${() => askAll("discard")}>Discard all</button>
      </span></header>
    ${
      letters.length === 0
        ? html`<p class="nothing">${letterPage.value > 1 ? "No more dead letters here." : "No dead letters. What fails to its last try lands here, with its reason."}</p>`
        : html`<table class="grid-table letters">
          <thead><tr><th scope="col">Reason</th><th scope="col">Lane</th><th scope="col">Tenant</th><th scope="col">Work</th>
            <th scope="col" class="num">Tries</th><th scope="col" class="num">Died</th><th scope="col"><span class="unseen">Actions</span></th></tr></thead>
          <tbody>${letters.map((letter) => html`<${Row} key=${letter.id} letter=${letter} />`)}</tbody>
        </table>`
    }
    <${Pager} page=${letterPage.value} more=${more} turn=${turnLetters} what="dead letters" />
  </section>`;
}

function Row({ letter }: { readonly letter: Letter }): VNode {
  const { code, message } = errorWords(letter.error);
  return html`<tr data-testid="dead-letter" data-id=${letter.id} data-code=${code} data-lane=${letter.lane_id}>
    <td class="why"><button type="button" class="link bad" title="Show this reason only" onClick=${() => show({ ...filter.value, code })}>${code}</button>
      <span title=${message}>${message}</span></td>
    <td data-label="lane"><button type="button" class="link mono" aria-haspopup="dialog" onClick=${() => open({ queue: letter.queue, lane_id: letter.lane_id })}>${shortId(letter.lane_id)}</button> <small>${letter.queue} ${letter.seq}</small></td>
    <td data-label="tenant">${letter.tenant ?? shortId(letter.tenant_id ?? "")}</td>
    <td data-label="work" class="head"><b>${letter.kind}</b> <code title=${letter.correlation_id}>${letter.correlation_id}</code></td>
    <td class="num" data-label="tries">${letter.tries}</td>
    <td class="num" data-label="died"><time datetime=${letter.dead_at} title=${new Date(letter.dead_at).toLocaleString()}>${age(letter.dead_at, now.value)} ago</time></td>
    <td class="acts">
      <button type="button" class="small-button" onClick=${() => showPayload(letter)}>Payload</button>
      <button type="button" class="small-button strong" data-testid="replay" onClick=${() => replay(letter)}>Replay</button>
      <button type="button" class="small-button" data-testid="discard" onClick=${() => askDiscard(letter)}>Discard</button>
    </td>
  </tr>`;
}

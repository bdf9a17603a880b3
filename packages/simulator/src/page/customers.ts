// The list of customers, and what stands around it: the name of the program, the button that adds one, chaos.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { CustomerView, MessageView } from "../types.ts";
import { plain } from "./format.ts";
import { avatar, icon, mark, ticks } from "./icons.ts";
import { chaosCount, customersByActivity, panel, select, selected } from "./store.ts";
import { listTime } from "./time.ts";

/** More would slow the page down during a load test; the ones with the latest messages are shown. */
const SHOWN = 300;

/** The left side of the page. */
export function Customers(): VNode {
  return html`<nav class="side" aria-label="Customers">
    <header class="brand">${mark()}<h1><b>Switchboard</b> phone simulator</h1></header>
    <div class="side-title">
      <h2>Customers</h2>
      <button type="button" class="round" data-testid="add-customer" aria-label="Add a customer" title="Add a customer"
        onClick=${() => (panel.value = "add")}>${icon("plus")}</button>
    </div>
    <ul class="customers" data-testid="customer-list">
      ${customersByActivity.value.slice(0, SHOWN).map((view) => html`<${Row} key=${view.key} view=${view} />`)}
    </ul>
    <footer class="side-foot">
      <a class="wide" href="/queue" data-testid="queue-link">${icon("list", 18)}<span>Queue</span></a>
      <button type="button" class="wide" data-testid="chaos-open" data-active=${chaosCount.value > 0}
        onClick=${() => (panel.value = "chaos")}>
        ${icon("bolt", 18)}<span>Chaos</span><span class="count">${chaosCount.value > 0 ? `${chaosCount.value} on` : "calm"}</span>
      </button>
    </footer>
  </nav>`;
}

function Row({ view }: { readonly view: CustomerView }): VNode {
  const last = view.last_message;
  const current = view.key === selected.value;
  const unread = current ? 0 : view.unread;
  return html`<li>
    <button type="button" class="customer" data-testid=${`customer-${view.key}`} aria-current=${current ? "true" : undefined}
      onClick=${() => select(view.key)}>
      ${avatar(view.name, view.key)}
      <span class="customer-text">
        <span class="customer-top">
          <span class="customer-name">${view.name}</span>
          <time class="customer-time" data-unread=${unread > 0}>${last && listTime(new Date(last.at))}</time>
        </span>
        <span class="customer-bottom">
          <span class="customer-last">${view.typing_until ? html`<em class="soft-typing">typing…</em>` : preview(view, last)}</span>
          ${unread > 0 && html`<span class="badge" aria-label=${`${unread} unread`}>${unread > 99 ? "99+" : unread}</span>`}
        </span>
      </span>
    </button>
  </li>`;
}

function preview(view: CustomerView, last: MessageView | undefined): unknown {
  if (last === undefined)
    return view.phone === undefined ? `@${view.username ?? "no number"}` : prettyPhone(view.phone);
  const own = last.direction === "in";
  const text = last.text === undefined ? last.type : plain(last.text);
  return html`${own && html`<span class="mini-ticks" data-status=${last.status}>${ticks(last.status !== "sent")}</span>`}${
    last.type === "reaction" ? `Reacted ${text}` : text
  }`;
}

/** A phone number with gaps; good enough for the eye. */
export function prettyPhone(digits: string): string {
  const match = /^1(\d{3})(\d{3})(\d{4})$/.exec(digits);
  if (match !== null) return `+1 ${match.slice(1).join(" ")}`;
  return `+${digits.slice(0, 2)} ${digits.slice(2).replace(/(\d{3})(?=\d{2,})/g, "$1 ")}`;
}

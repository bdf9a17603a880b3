// A short help: what the phone can do, and where the rest is.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { icon } from "./icons.ts";
import { panel } from "./store.ts";

const parts: readonly (readonly [title: string, text: string])[] = [
  [
    "Write",
    "Enter sends, Shift+Enter begins a new line. Plus sends files, a voice message, a sticker, a place, a card.",
  ],
  [
    "Answer",
    "Beside each message: quote it, or react to it. Under it: buttons, lists, links, forms, requests for place or number.",
  ],
  ["Forms", "A flow opens a form of free JSON; the business gets it as nfm_reply."],
  ["Promotions", "Stop and resume them in the menu of the chat. Marketing templates then fail with 131050."],
  ["Trace", "The way of the last message, step by step, outside and inside the platform."],
  ["Chaos", "Switches for a bad day on the network. Every other switch is in the test API: POST /chaos."],
  [
    "For tests",
    "Errors on order: POST /chaos/errors. What became of each send: GET /sends. The clock: POST /clock. Templates: GET /templates.",
  ],
];

/** The dialog. */
export function Help(): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => (panel.value = "none");
  return html`<dialog class="dialog" ref=${dialog} aria-labelledby="help-title" data-testid="help" onClose=${close}
    onClick=${(event: Event) => event.target === dialog.current && close()}>
    <div class="help">
      <header><h3 id="help-title">What this phone can do</h3>
        <button type="button" class="round" aria-label="Close" onClick=${close}>${icon("close")}</button></header>
      <dl>${parts.map(([title, text]) => html`<dt>${title}</dt><dd>${text}</dd>`)}</dl>
    </div>
  </dialog>`;
}

// The sheet of a list message: its sections and rows, over the lower part of the phone.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { icon } from "./icons.ts";
import { chosenId } from "./interactive.ts";
import { fields, items, text } from "./payload.ts";
import { openList, send, thread } from "./store.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The list that is open; nothing when none is. */
export function Sheet({ customer }: { readonly customer: string }): VNode | null {
  const first = useRef<HTMLButtonElement>(null);
  const message = openList.value;
  useEffect(() => first.current?.focus(), [message?.id]);
  if (message === null) return null;
  const action = fields(fields(message.payload).action);
  const chosen = chosenId(thread(customer).value?.findLast((item) => item.context_id === message.id));
  const close = () => (openList.value = null);
  const choose = (row: Fields) => {
    close();
    const description = text(row.description);
    const body = { type: "list", id: text(row.id), title: text(row.title), message_id: message.id };
    send(description === "" ? body : { ...body, description });
  };
  return html`<div class="sheet-back" onClick=${close}></div>
    <div class="sheet" role="dialog" aria-modal="true" aria-label=${text(action.button)}
      onKeyDown=${(event: KeyboardEvent) => event.key === "Escape" && close()}>
      <header><h3>${text(action.button)}</h3>
        <button type="button" class="round" ref=${first} aria-label="Close" onClick=${close}>${icon("close")}</button></header>
      <div class="sheet-rows">${items(action.sections).map(
        (section) => html`${text(section.title) !== "" && html`<h4>${text(section.title)}</h4>`}
          ${items(section.rows).map((row) => line(row, text(row.id) === chosen, () => choose(row)))}`,
      )}</div>
    </div>`;
}

function line(row: Fields, chosen: boolean, choose: () => void): VNode {
  return html`<button type="button" class="sheet-row" data-testid="list-row" data-chosen=${chosen} onClick=${choose}>
    <span><b>${text(row.title)}</b>${text(row.description) !== "" && html`<small>${text(row.description)}</small>`}</span>
    <i class="radio"></i></button>`;
}

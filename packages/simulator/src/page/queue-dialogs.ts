// The dialogs of the page on the queue: one that asks before something is done, one that shows a payload.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { icon } from "./icons.ts";
import { type Dialog, dialog, payload } from "./queue-actions.ts";
import { errorWords } from "./queue-words.ts";

/** Whatever dialog is open. */
export function Dialogs(): VNode {
  return html`${dialog.value !== null && html`<${Ask} key=${dialog.value.title} ask=${dialog.value} />`}
    ${payload.value !== null && html`<${Payload} key=${payload.value.letter.id} />`}`;
}

function Ask({ ask }: { readonly ask: Dialog }): VNode {
  const box = useRef<HTMLDialogElement>(null);
  const busy = useSignal(false);
  useEffect(() => box.current?.showModal(), []);
  const close = () => (dialog.value = null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement) || busy.value) return;
    busy.value = true;
    await ask.act(String(new FormData(event.target).get("reason") ?? "").trim());
    close();
  };
  return html`<dialog class="dialog" ref=${box} aria-labelledby="ask-title" data-testid="ask" onClose=${close}>
    <form onSubmit=${submit}>
      <header><h3 id="ask-title">${ask.title}</h3><button type="button" class="round" aria-label="Close" onClick=${close}>${icon("close")}</button></header>
      <p class="hint">${ask.text}</p>
      ${ask.asksReason && html`<label>Reason<input name="reason" required autofocus autocomplete="off" maxlength="500" pattern=".*\\S.*" placeholder="for those who look here later" /></label>`}
      <footer><button type="button" class="quiet" onClick=${close}>Cancel</button>
        <button type="submit" class="primary" disabled=${busy.value}>${ask.button}</button></footer>
    </form>
  </dialog>`;
}

function Payload(): VNode | null {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  const shown = payload.value;
  if (shown === null) return null;
  const close = () => (payload.value = null);
  const { letter } = shown;
  return html`<dialog class="dialog payload" ref=${box} aria-labelledby="payload-title" data-testid="payload" onClose=${close}
    onClick=${(event: Event) => event.target === box.current && close()}>
    <div class="payload-body">
      <header><h3 id="payload-title">${letter.kind}</h3><button type="button" class="round" aria-label="Close" onClick=${close}>${icon("close")}</button></header>
      <p class="hint">${letter.correlation_id}: ${errorWords(letter.error).code}</p>
      <h4>Payload</h4><pre tabindex="0">${"payload" in shown ? JSON.stringify(shown.payload, null, 2) : "Looking …"}</pre>
      <h4>Error</h4><pre tabindex="0">${JSON.stringify(letter.error, null, 2)}</pre>
    </div>
  </dialog>`;
}

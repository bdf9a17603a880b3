// The dialog that adds a customer: with a phone number, or with a username and no visible number.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { icon } from "./icons.ts";
import { addCustomer, panel } from "./store.ts";

/** The dialog. */
export function AddCustomer(): VNode {
  const kind = useSignal<"phone" | "username">("phone");
  const problem = useSignal("");
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => (panel.value = "none");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const form = new FormData(event.target);
    const name = String(form.get("name")).trim();
    const address = String(form.get("address")).trim();
    try {
      await addCustomer({ ...(name === "" ? {} : { name }), [kind.value]: address });
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };
  const tab = (value: "phone" | "username", label: string) =>
    html`<button type="button" role="radio" aria-checked=${kind.value === value} onClick=${() => (kind.value = value)}>${label}</button>`;
  return html`<dialog class="dialog" ref=${dialog} aria-labelledby="add-title" onClose=${close}
    onClick=${(event: Event) => event.target === dialog.current && close()}>
    <form onSubmit=${submit}>
      <header><h3 id="add-title">New customer</h3>
        <button type="button" class="round" aria-label="Close" onClick=${close}>${icon("close")}</button></header>
      <label>Name<input name="name" autofocus autocomplete="off" maxlength="100" placeholder="Ben" /></label>
      <div class="segmented" role="radiogroup" aria-label="Kind of address">
        ${tab("phone", "Phone number")}${tab("username", "Username only")}
      </div>
      ${
        kind.value === "phone"
          ? html`<label key="phone">Phone number<input name="address" required inputmode="tel" autocomplete="off" pattern="\\+?[0-9 ().\\-]{5,24}" placeholder="+1 555 010 0043" /></label>`
          : html`<label key="username">Username<input name="address" required autocomplete="off" maxlength="35" pattern="@?[A-Za-z0-9._]{3,34}" placeholder="@ben.writes" /></label>
            <p class="hint">The business never sees a phone number, only a business-scoped user id (BSUID).</p>`
      }
      <p class="problem" role="alert">${problem.value}</p>
      <footer><button type="button" class="quiet" onClick=${close}>Cancel</button><button type="submit" class="primary">Add</button></footer>
    </form>
  </dialog>`;
}

// The phone in the middle: status bar, the head of the chat, the messages, the composer.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { Chat } from "./chat.ts";
import { Composer } from "./composer.ts";
import { prettyPhone } from "./customers.ts";
import { FormSheet } from "./form-sheet.ts";
import { avatar, icon } from "./icons.ts";
import { Sheet } from "./sheet.ts";
import {
  business,
  clearChat,
  customer,
  listShown,
  numberId,
  numbers,
  online,
  panel,
  removeCustomer,
  setMarketing,
  stopped,
} from "./store.ts";
import { clockTime } from "./time.ts";

/** The phone. */
export function Phone(): VNode {
  return html`<section class="phone" aria-label="Phone">
    <div class="screen">
      <${StatusBar} />
      ${customer.value === undefined ? html`<${NoCustomer} />` : html`<${Head} /><${Chat} key=${customer.value.key} /><${Composer} /><${Sheet} customer=${customer.value.key} /><${FormSheet} />`}
    </div>
  </section>`;
}

function StatusBar(): VNode {
  const now = useSignal(new Date());
  useEffect(() => {
    const timer = setInterval(() => (now.value = new Date()), 5_000);
    return () => clearInterval(timer);
  }, []);
  return html`<div class="status-bar" aria-hidden="true">
    <span>${clockTime(now.value)}</span>
    <span class="island"></span>
    <span class="status-icons" data-online=${online.value}>
      <svg width="17" height="11" viewBox="0 0 17 11"><rect x="0" y="7" width="3" height="4" rx="1" /><rect x="4.5" y="5" width="3" height="6" rx="1" /><rect x="9" y="2.5" width="3" height="8.5" rx="1" /><rect x="13.5" y="0" width="3" height="11" rx="1" /></svg>
      <svg width="24" height="11" viewBox="0 0 24 11"><rect x="0.5" y="0.5" width="20" height="10" rx="3" fill="none" stroke="currentColor" opacity=".5" /><rect x="2" y="2" width="14.5" height="7" rx="1.6" /><rect x="21.6" y="3.6" width="1.8" height="3.8" rx=".9" opacity=".5" /></svg>
    </span>
  </div>`;
}

function Head(): VNode {
  const who = customer.value;
  const typing = who?.typing_until !== undefined;
  return html`<header class="chat-head">
    <button type="button" class="round back" aria-label="Customers" onClick=${() => (listShown.value = true)}>${icon("back")}</button>
    ${avatar(business.value?.verified_name ?? "?", business.value?.phone_number_id ?? "", 40)}
    <div class="chat-title">
      ${numbers.value.length > 1 ? html`<${NumberChoice} />` : html`<h2>${business.value?.verified_name}</h2>`}
      <p class="chat-sub" data-online=${online.value}>
        ${!online.value ? "Waiting for the simulator…" : typing ? html`<span class="soft-typing">typing…</span>` : "online"}
      </p>
    </div>
    <span class="as-whom" title=${`You write as ${who?.name}`}>
      <span>as</span> <b>${who?.name}</b>
      <small>${who?.phone === undefined ? (who?.username === undefined ? "no number" : `@${who.username}`) : prettyPhone(who.phone)}</small>
    </span>
    <button type="button" class="round trace-button" aria-label="Trace of the last message" title="Trace"
      onClick=${() => (panel.value = panel.value === "trace" ? "none" : "trace")}>${icon("pulse")}</button>
    <${Menu} />
  </header>`;
}

function NumberChoice(): VNode {
  return html`<select class="number-choice" aria-label="Business" value=${business.value?.phone_number_id}
    onChange=${(event: Event) => {
      if (event.target instanceof HTMLSelectElement) numberId.value = event.target.value;
    }}>
    ${numbers.value.map((number) => html`<option value=${number.phone_number_id}>${number.verified_name}</option>`)}
  </select>`;
}

function Menu(): VNode {
  const open = useSignal(false);
  useEffect(() => {
    const close = () => (open.value = false);
    document.addEventListener("click", close);
    return () => document.removeEventListener("click", close);
  }, []);
  return html`<div class="menu-anchor" onClick=${(event: Event) => event.stopPropagation()}>
    <button type="button" class="round" aria-label="More" aria-haspopup="menu" aria-expanded=${open.value}
      onClick=${() => (open.value = !open.value)}>${icon("more")}</button>
    ${
      open.value &&
      html`<div class="menu right" role="menu" onClick=${() => (open.value = false)}>
        <button type="button" role="menuitem" data-testid="marketing" onClick=${() => setMarketing(stopped.value ? "resume" : "stop")}>
          ${icon("warn", 18)}${stopped.value ? "Resume promotions" : "Stop promotions"}</button>
        <button type="button" role="menuitem" onClick=${clearChat}>${icon("trash", 18)}Clear this chat</button>
        <button type="button" role="menuitem" onClick=${removeCustomer}>${icon("close", 18)}Remove this customer</button>
        <button type="button" role="menuitem" onClick=${() => (panel.value = "chaos")}>${icon("bolt", 18)}Chaos…</button>
        <button type="button" role="menuitem" data-testid="help-open" onClick=${() => (panel.value = "help")}>${icon("help", 18)}What this phone can do</button>
      </div>`
    }
  </div>`;
}

function NoCustomer(): VNode {
  return html`<div class="empty">
    <p>Nobody is here yet.</p>
    <button type="button" class="primary" onClick=${() => (panel.value = "add")}>Add a customer</button>
  </div>`;
}

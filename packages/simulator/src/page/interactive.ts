// What can be tapped under a bubble: quick replies, a list or a form that opens, a link, what a template offers.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { MessageView } from "../types.ts";
import { icon } from "./icons.ts";
import { fields, items, text } from "./payload.ts";
import { openForm, openList, send, showToast } from "./store.ts";

type Props = { readonly message: MessageView; readonly answer: MessageView | undefined };

/** The buttons of a message of the business; none for most messages. */
export function Actions({ message, answer }: Props): VNode | null {
  const payload = fields(message.payload);
  if (message.type === "template") return html`<${TemplateButtons} message=${message} answer=${answer} />`;
  if (message.type !== "interactive") return null;
  const action = fields(payload.action);
  switch (payload.type) {
    case "button":
      return html`<${Buttons} message=${message} answer=${answer} />`;
    case "list":
      return html`<${List} message=${message} answer=${answer} />`;
    case "cta_url": {
      const parameters = fields(action.parameters);
      return html`<div class="actions"><a class="action" href=${text(parameters.url)} target="_blank" rel="noopener noreferrer">${icon("link", 16)}${text(parameters.display_text)}</a></div>`;
    }
    case "location_request_message":
      return html`<div class="actions"><button type="button" class="action" data-testid="send-location"
        onClick=${() => send({ type: "location", reply_to: message.id })}>${icon("pin", 16)}Send location</button></div>`;
    case "request_contact_info":
      return html`<div class="actions"><${ShareNumber} message=${message} answer=${answer} label="Share phone number" /></div>`;
    case "flow":
      return html`<div class="actions"><button type="button" class="action" data-testid="flow-open" aria-haspopup="dialog" disabled=${answer !== undefined}
        onClick=${() => (openForm.value = message)}>${icon("form", 16)}${text(fields(action.parameters).flow_cta)}</button></div>`;
    case "catalog_message":
    case "address_message":
    case "call_permission_request":
    case "voice_call":
      return html`<div class="actions"><button type="button" class="action" disabled>${text(payload.type).replaceAll("_", " ")}</button></div>`;
    default:
      return null;
  }
}

function Buttons({ message, answer }: Props): VNode {
  const buttons = items(fields(fields(message.payload).action).buttons).map((button) => fields(button.reply));
  const chosen = chosenId(answer);
  return html`<div class="actions">${buttons.map((reply) => {
    const id = text(reply.id);
    return html`<button type="button" class="action" data-testid="quick-reply" data-chosen=${id === chosen}
      disabled=${answer !== undefined} onClick=${() => send({ type: "button", id, title: text(reply.title), message_id: message.id })}>
      ${id === chosen && icon("tick", 16)}${text(reply.title)}</button>`;
  })}</div>`;
}

function TemplateButtons({ message, answer }: Props): VNode | null {
  const buttons = message.template?.buttons ?? [];
  if (buttons.length === 0) return null;
  const chosen = text(fields(answer?.payload).text);
  return html`<div class="actions">${buttons.map((button) => {
    const { type, text: label } = button;
    if (type === "URL" || type === "OTP")
      return html`<a class="action" data-testid="template-link" href=${button.url} target="_blank" rel="noopener noreferrer">${icon("link", 16)}${label}</a>`;
    if (type === "PHONE_NUMBER")
      return html`<a class="action" href=${`tel:${button.phone_number}`}>${icon("phone", 16)}${label}</a>`;
    if (type === "COPY_CODE")
      return html`<button type="button" class="action" onClick=${() => copyCode(button.code ?? "")}>${icon("copy", 16)}${label}</button>`;
    if (type === "FLOW")
      return html`<button type="button" class="action" data-testid="flow-open" disabled=${answer !== undefined} onClick=${() => (openForm.value = message)}>${icon("form", 16)}${label}</button>`;
    if (type === "REQUEST_CONTACT_INFO")
      return html`<${ShareNumber} message=${message} answer=${answer} label=${label} />`;
    return html`<button type="button" class="action" data-testid="quick-reply" data-chosen=${label === chosen} disabled=${answer !== undefined || type !== "QUICK_REPLY"}
      onClick=${() => send({ type: "quick_reply", text: label, payload: button.payload ?? label, message_id: message.id })}>
      ${label === chosen && icon("tick", 16)}${label}</button>`;
  })}</div>`;
}

function ShareNumber({ message, answer, label }: Props & { readonly label: string }): VNode {
  return html`<button type="button" class="action" data-testid="share-number" disabled=${answer !== undefined}
    onClick=${() => send({ type: "contacts", origin: "contact_request", message_id: message.id })}>${icon("person", 16)}${label}</button>`;
}

function copyCode(code: string): void {
  void navigator.clipboard?.writeText(code).catch(() => undefined); // without permission it is only shown
  showToast(`Code ${code}`);
}

function List({ message }: Props): VNode {
  const action = fields(fields(message.payload).action);
  return html`<div class="actions">
    <button type="button" class="action" data-testid="list-open" aria-haspopup="dialog" onClick=${() => (openList.value = message)}>
      ${icon("list", 17)}${text(action.button)}</button>
  </div>`;
}

/** The id of the button or row that the customer chose; empty when nothing was. */
export function chosenId(answer: MessageView | undefined): string {
  const payload = fields(answer?.payload);
  return text(fields(payload.button_reply ?? payload.list_reply).id);
}

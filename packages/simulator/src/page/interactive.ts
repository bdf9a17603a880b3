// What can be tapped under a bubble: quick replies, a list that opens, a link.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { MessageView } from "../types.ts";
import { icon } from "./icons.ts";
import { fields, items, text } from "./payload.ts";
import { openList, send } from "./store.ts";

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
      return html`<div class="actions"><button type="button" class="action" onClick=${() => send({ type: "location" })}>${icon("pin", 16)}Send location</button></div>`;
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
  const buttons = items(fields(message.payload).components).filter(
    (component) => component.type === "button" && component.sub_type === "quick_reply",
  );
  if (buttons.length === 0) return null;
  return html`<div class="actions">${buttons.map((button, index) => {
    const payload = text(items(button.parameters)[0]?.payload) || `button ${index + 1}`;
    return html`<button type="button" class="action" data-testid="quick-reply" disabled=${answer !== undefined}
      onClick=${() => send({ type: "quick_reply", text: payload.slice(0, 25), payload, message_id: message.id })}>${payload}</button>`;
  })}</div>`;
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

// The inside of a bubble, by the type of the message.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { MessageView } from "../types.ts";
import { formatted } from "./format.ts";
import { icon } from "./icons.ts";
import { Header, Media } from "./media.ts";
import { fields, items, text } from "./payload.ts";
import { TemplateBody } from "./template.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The inside of a bubble. A type that is not known here is named, with its fields. */
export function Body({ message }: { readonly message: MessageView }): VNode {
  const payload = fields(message.payload);
  switch (message.type) {
    case "text":
      return html`<div class="text">${formatted(text(payload.body))}</div>`;
    case "image":
    case "sticker":
    case "video":
    case "audio":
    case "document":
      return html`<${Media} kind=${message.type} media=${payload} />`;
    case "location":
      return html`<${Place} place=${payload} />`;
    case "contacts":
      return html`${items(message.payload).map(
        (contact) => html`<div class="card"><span class="card-icon">${icon("person", 24)}</span>
          <span><b>${text(fields(contact.name).formatted_name)}</b><small>${text(items(contact.phones)[0]?.phone)}</small></span></div>`,
      )}`;
    case "interactive":
      return html`<${Interactive} interactive=${payload} />`;
    case "button":
      return html`<div class="text">${text(payload.text)}</div>`;
    case "template":
      return message.template === undefined
        ? html`<div class="text"><b>Template “${text(payload.name)}”</b></div>`
        : html`<${TemplateBody} template=${message.template} />`;
    default:
      return html`<div class="text"><em>${message.type}</em><code class="block">${JSON.stringify(message.payload, null, 1)}</code></div>`;
  }
}

function Place({ place }: { readonly place: Fields }): VNode {
  const at = `${Number(place.latitude).toFixed(4)}, ${Number(place.longitude).toFixed(4)}`;
  return html`<div class="place">
    <svg class="map" viewBox="0 0 260 120" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <path class="map-water" d="M0 82c40-14 70 14 120 2s90-26 140-8v44H0Z" />
      <path class="map-park" d="M18 12h62v40H18Z" />
      <path class="map-road" d="M-5 66 120 30l145 34M96-5l34 66 8 64M190-5l-16 130M-5 22l100-12 170 6" />
      <path class="map-pin" d="M130 66s17-15 17-28a17 17 0 0 0-34 0c0 13 17 28 17 28Z" /><circle cx="130" cy="38" r="6" fill="#fff" />
    </svg>
    <div class="text"><b>${text(place.name) || "Location"}</b>
      <small>${text(place.address) || at}</small></div>
  </div>`;
}

function Interactive({ interactive }: { readonly interactive: Fields }): VNode {
  const chosen = fields(interactive.button_reply ?? interactive.list_reply);
  if (text(chosen.title) !== "")
    return html`<div class="text">${text(chosen.title)}${text(chosen.description) !== "" && html`<small class="chosen">${text(chosen.description)}</small>`}</div>`;
  if (interactive.type === "nfm_reply") return html`<${Form} reply=${fields(interactive.nfm_reply)} />`;
  const action = fields(interactive.action);
  const footer = text(fields(interactive.footer).text);
  return html`
    <${Header} header=${fields(interactive.header)} />
    <div class="text">${formatted(text(fields(interactive.body).text) || text(interactive.type))}</div>
    ${items(action.cards).map((card) => html`<${Card} card=${card} />`)}
    ${text(action.product_retailer_id) !== "" && html`<${Product} id=${text(action.product_retailer_id)} />`}
    ${items(action.sections).flatMap((section) =>
      items(section.product_items).map((item) => html`<${Product} id=${text(item.product_retailer_id)} />`),
    )}
    ${footer !== "" && html`<div class="text footer">${footer}</div>`}`;
}

/** What a customer filled in. */
function Form({ reply }: { readonly reply: Fields }): VNode {
  const { flow_token: _token, ...values } = fields(parsed(text(reply.response_json)));
  return html`<div class="text"><b>${text(reply.body) || "Form sent"}</b>
    <dl class="form-values">${Object.entries(values).map(
      ([name, value]) => html`<dt>${name}</dt><dd>${typeof value === "string" ? value : JSON.stringify(value)}</dd>`,
    )}</dl></div>`;
}

function Card({ card }: { readonly card: Fields }): VNode {
  const link = fields(fields(card.action).parameters);
  return html`<div class="carousel-card"><${Header} header=${fields(card.header)} />
    <div class="text">${formatted(text(fields(card.body).text))}</div>
    ${text(link.url) !== "" && html`<a class="text" href=${text(link.url)} target="_blank" rel="noopener noreferrer">${text(link.display_text)}</a>`}</div>`;
}

function Product({ id }: { readonly id: string }): VNode {
  return html`<div class="card"><span class="card-icon">${icon("list", 22)}</span><span><b>Product</b><small>${id}</small></span></div>`;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

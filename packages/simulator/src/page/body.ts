// The inside of a bubble, by the type of the message.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { MessageView } from "../types.ts";
import { formatted } from "./format.ts";
import { icon } from "./icons.ts";
import { fields, items, mediaUrl, text } from "./payload.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The inside of a bubble. A type that is not known here is named, with its fields. */
export function Body({ message }: { readonly message: MessageView }): VNode {
  const payload = fields(message.payload);
  switch (message.type) {
    case "text":
      return html`<div class="text">${formatted(text(payload.body))}</div>`;
    case "image":
    case "sticker":
      return html`<${Picture} media=${payload} sticker=${message.type === "sticker"} />`;
    case "video":
      return html`<video class="media" controls preload="metadata" src=${mediaUrl(payload)}></video><${Caption} media=${payload} />`;
    case "audio":
      return html`<audio class="audio" controls preload="metadata" src=${mediaUrl(payload)}></audio>`;
    case "document":
      return html`<a class="card" href=${mediaUrl(payload)} target="_blank" rel="noopener noreferrer">
          <span class="card-icon">${icon("file", 24)}</span><span><b>${text(payload.filename) || "Document"}</b><small>Open</small></span></a>
        <${Caption} media=${payload} />`;
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
      return html`<${Template} template=${payload} />`;
    default:
      return html`<div class="text"><em>${message.type}</em><code class="block">${JSON.stringify(message.payload, null, 1)}</code></div>`;
  }
}

function Picture({ media, sticker }: { readonly media: Fields; readonly sticker: boolean }): VNode {
  const hide = (event: Event) => {
    if (event.target instanceof HTMLElement) event.target.closest(".picture")?.setAttribute("data-broken", "true");
  };
  return html`<a class="picture ${sticker ? "sticker" : ""}" href=${mediaUrl(media)} target="_blank" rel="noopener noreferrer">
      <img src=${mediaUrl(media)} alt=${text(media.caption) || "Picture"} onError=${hide} />
      <span class="no-picture">${icon("image", 28)}The picture cannot be loaded</span>
    </a><${Caption} media=${media} />`;
}

function Caption({ media }: { readonly media: Fields }): VNode | null {
  return text(media.caption) === "" ? null : html`<div class="text">${formatted(text(media.caption))}</div>`;
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
  const header = fields(interactive.header);
  const footer = text(fields(interactive.footer).text);
  return html`
    ${header.type === "text" && html`<div class="text header">${text(header.text)}</div>`}
    ${header.type === "image" && html`<${Picture} media=${fields(header.image)} sticker=${false} />`}
    <div class="text">${formatted(text(fields(interactive.body).text) || text(interactive.type))}</div>
    ${footer !== "" && html`<div class="text footer">${footer}</div>`}`;
}

function Template({ template }: { readonly template: Fields }): VNode {
  const parameters = items(template.components).flatMap((component) => items(component.parameters));
  return html`<div class="text"><b>Template “${text(template.name)}”</b>
    <small>${text(fields(template.language).code)}${parameters.length > 0 && ` · ${parameters.map((item) => text(item.text)).join(" · ")}`}</small></div>`;
}

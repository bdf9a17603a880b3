// Pictures, videos, sounds and documents in a bubble.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { formatted } from "./format.ts";
import { icon } from "./icons.ts";
import { fields, mediaUrl, text } from "./payload.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A media object of any kind; `kind` is the name of the message type or of a header's format. */
export function Media({ kind, media }: { readonly kind: string; readonly media: Fields }): VNode | null {
  switch (kind) {
    case "image":
    case "sticker":
      return html`<${Picture} media=${media} sticker=${kind === "sticker"} />`;
    case "video":
      return html`<video class="media" controls preload="metadata" src=${mediaUrl(media)}></video><${Caption} media=${media} />`;
    case "audio":
      return html`<div class="sound" data-voice=${media.voice === true}>
        ${media.voice === true && html`<span class="card-icon" title="Voice message">${icon("mic", 20)}</span>`}
        <audio class="audio" controls preload="metadata" src=${mediaUrl(media)}></audio></div>`;
    case "document":
      return html`<a class="card" href=${mediaUrl(media)} target="_blank" rel="noopener noreferrer">
          <span class="card-icon">${icon("file", 24)}</span><span><b>${text(media.filename) || "Document"}</b><small>${text(media.mime_type) || "Open"}</small></span></a>
        <${Caption} media=${media} />`;
    default:
      return null;
  }
}

/** What stands above the body of an interactive message. */
export function Header({ header }: { readonly header: Fields }): VNode | null {
  const kind = text(header.type);
  if (kind === "") return null;
  if (kind === "text") return html`<div class="text header">${text(header.text)}</div>`;
  return html`<${Media} kind=${kind} media=${fields(header[kind])} />`;
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

// A template message in a bubble: header, body and footer as its reader sees them. Its buttons are in interactive.ts.
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { RenderedTemplate } from "../templates/types.ts";
import { formatted } from "./format.ts";
import { icon } from "./icons.ts";
import { Media } from "./media.ts";
import { fields, text } from "./payload.ts";

/** The text parts of a template message. */
export function TemplateBody({ template }: { readonly template: RenderedTemplate }): VNode {
  const { header, body, footer, name, language, category } = template;
  return html`
    ${header?.text !== undefined && html`<div class="text header">${header.text}</div>`}
    ${header !== undefined && header.text === undefined && html`<${HeaderMedia} format=${header.format} media=${fields(header.media)} />`}
    <div class="text">${formatted(body)}</div>
    ${footer !== undefined && html`<div class="text footer">${footer}</div>`}
    <div class="template-name" title="Template">${icon("file", 12)}${name} · ${language} · ${category.toLowerCase()}</div>`;
}

function HeaderMedia({
  format,
  media,
}: {
  readonly format: string;
  readonly media: Readonly<Record<string, unknown>>;
}): VNode {
  if (format === "LOCATION")
    return html`<div class="card"><span class="card-icon">${icon("pin", 24)}</span><span><b>${text(media.name) || "Location"}</b><small>${text(media.address)}</small></span></div>`;
  return html`<${Media} kind=${format.toLowerCase()} media=${media} />`;
}

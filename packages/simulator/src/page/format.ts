// The text formatting of WhatsApp: *bold*, _italic_, ~struck~, `code`, ```blocks```, lists, quotes, links.
import { html } from "htm/preact";
import type { ComponentChild } from "preact";

const inline =
  /```([\s\S]+?)```|`([^`\n]+)`|(?<![\w*])\*(?=\S)([^*\n]*[^*\s])\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]*[^_\s])_(?![\w_])|(?<![\w~])~(?=\S)([^~\n]*[^~\s])~(?![\w~])|\b(https?:\/\/[^\s<]*[^\s<.,;:!?)"'»”])/u;
const onlyEmoji = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s)+$/u;

/** A text as it looks in a bubble. Nothing in it is ever taken for HTML. */
export function formatted(text: string): ComponentChild {
  const parts = text.split(/(```[\s\S]+?```)/);
  return parts.map((part, index) => {
    if (index % 2 === 1) return spans(part);
    // The line breaks around a block are in the block's own margins.
    return lines(part.replace(index > 0 ? /^\n/ : "", "").replace(index < parts.length - 1 ? /\n$/ : "", ""));
  });
}

/** Whether a text is nothing but one to three emoji, which are shown large. */
export function isBigEmoji(text: string): boolean {
  const trimmed = text.trim();
  if (!onlyEmoji.test(trimmed) || /^[\d\s#*]+$/.test(trimmed)) return false;
  return [...new Intl.Segmenter().segment(trimmed.replace(/\s/g, ""))].length <= 3;
}

/** A text without its formatting marks, for lists and screen readers. */
export function plain(text: string): string {
  return text.replace(/```|(?<!\w)[*_~]|[*_~](?!\w)|`/g, "").replace(/\s+/g, " ");
}

function lines(text: string): ComponentChild {
  const all = text.split("\n");
  return all.map((line, index) => {
    const end = index < all.length - 1 ? "\n" : "";
    const quote = /^>\s?(.*)$/.exec(line);
    if (quote !== null) return html`<span class="quote-line">${spans(quote[1] ?? "")}</span>`;
    const item = /^\s*(?:[-*•]\s+|(\d{1,2}[.)])\s+)(.*)$/.exec(line);
    if (item !== null)
      return html`<span class="list-line"><span class="list-mark">${item[1] ?? "•"}</span><span>${spans(item[2] ?? "")}</span></span>`;
    return html`${spans(line)}${end}`;
  });
}

function spans(text: string): ComponentChild {
  const match = inline.exec(text);
  if (match === null) return text;
  const [whole, block, code, bold, italic, struck, url] = match;
  const before = text.slice(0, match.index);
  const after = text.slice(match.index + whole.length);
  return html`${before}${span({ block, code, bold, italic, struck, url })}${spans(after)}`;
}

type Span = Readonly<Record<"block" | "code" | "bold" | "italic" | "struck" | "url", string | undefined>>;

function span(part: Span): ComponentChild {
  if (part.block !== undefined) return html`<code class="block">${part.block.replace(/^\n|\n$/g, "")}</code>`;
  if (part.code !== undefined) return html`<code>${part.code}</code>`;
  if (part.bold !== undefined) return html`<strong>${spans(part.bold)}</strong>`;
  if (part.italic !== undefined) return html`<em>${spans(part.italic)}</em>`;
  if (part.struck !== undefined) return html`<s>${spans(part.struck)}</s>`;
  const url = part.url ?? "";
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${url.replace(/^https?:\/\//, "")}</a>`;
}

// Makes any content fit a provider: what is too long for one message becomes several.
import type { OutboundContent } from "../outbound.ts";
import { splitText } from "./split.ts";

/**
 * Cuts a content into contents that the provider takes, in the order in which they are to be sent.
 * @param limits - most UTF-16 code units of a text and of the text above buttons; a provider's `limits`
 * @returns at least one content unless the text is only white space; buttons stay on the last
 */
export function fitContent(
  content: OutboundContent,
  limits: { readonly text: number; readonly buttonsText: number },
): OutboundContent[] {
  if (content.type === "text") return splitText(content.text, limits.text).map((text) => ({ ...content, text }));
  if (content.text.length <= limits.buttonsText) return [content];
  const parts = splitText(content.text, limits.buttonsText);
  const last = parts.pop();
  // The parts before the last are joined again as far as a plain text may go.
  const before = splitText(parts.join("\n\n"), limits.text).map((text): OutboundContent => ({ type: "text", text }));
  return last === undefined ? [] : [...before, { ...content, text: last }];
}

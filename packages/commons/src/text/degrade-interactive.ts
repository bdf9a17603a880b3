// Makes messages with buttons, lists and links fit a provider: the fourth button makes a list, the eleventh row makes
// numbered text, a title that is too long is cut and told in full beside it.
import { type Capabilities, type InteractiveCapability, takesFile } from "../capabilities.ts";
import type { ContentOf, OutboundContent } from "../outbound.ts";
import type { Header, MediaKind } from "../outbound-parts.ts";
import { numberedRows, paragraphs, withDescription } from "./describe.ts";
import { saysAll, shorten, shortenAll } from "./shorten.ts";
import { splitText } from "./split.ts";

/** What the functions of this file need besides the content. */
export interface Surroundings {
  readonly can: Capabilities;
  /** A text as one or more text messages. */
  readonly asText: (text: string) => OutboundContent[];
  /** A file as a message of its own. */
  readonly file: (content: ContentOf<MediaKind>) => OutboundContent[];
}

type Titled = ContentOf<"cta_url" | "flow">;
type Request = ContentOf<"location_request" | "contact_info_request">;
type Framed = { readonly header?: Header | undefined; readonly text: string; readonly footer?: string | undefined };

/** On the button that opens a list which was to be buttons and names no `menu`: it is understood in every language. */
const MENU = "☰";

/** Buttons: as they are, else as a list, else as numbered text. */
export function degradeButtons(content: ContentOf<"buttons">, around: Surroundings): OutboundContent[] {
  const able = around.can.buttons;
  const { buttons, menu, ...rest } = content;
  if (able === null || buttons.length > able.most)
    return degradeList({ ...rest, type: "list", button: menu ?? MENU, sections: [{ rows: buttons }] }, around);
  const titles = shortenAll(
    buttons.map((button) => button.title),
    able.titleLength,
  );
  const shown = buttons.map((button, index) => ({ ...button, title: titles[index] ?? button.title }));
  const cut = buttons.filter((button, index) => !saysAll(titles[index] ?? "", button.title));
  return assemble(
    content,
    { able, around, inFull: cut.map(({ title }) => title), fallback: titles.join(" / ") },
    (framed) => ({
      ...content,
      ...framed,
      buttons: shown,
    }),
  );
}

/** A list: as it is, else as numbered text. */
export function degradeList(content: ContentOf<"list">, around: Surroundings): OutboundContent[] {
  const able = around.can.list;
  const rows = content.sections.flatMap((section) => section.rows);
  if (able === null || rows.length > able.rows || content.sections.length > able.sections)
    return inWords(content, numberedRows(content), around);
  const inFull: string[] = [];
  const fit = (text: string, limit: number): string => {
    const short = shorten(text, limit);
    if (short !== text) inFull.push(text);
    return short;
  };
  const button = fit(content.button, able.buttonLength);
  const titles = shortenAll(
    rows.map((row) => row.title),
    able.titleLength,
  );
  let index = 0;
  const sections = content.sections.map((section) => ({
    ...section,
    ...(section.title === undefined ? {} : { title: fit(section.title, able.sectionTitleLength) }),
    rows: section.rows.map((row) => {
      const title = titles[index++] ?? row.title;
      // A title that was cut stands in full at the head of the description, as far as there is room.
      const said = saysAll(title, row.title) ? row.description : withDescription(row);
      const description = said === undefined ? "" : shorten(said, able.descriptionLength);
      if (said !== undefined && description !== said) inFull.push(withDescription(row));
      return { id: row.id, title, ...(description === "" ? {} : { description }) };
    }),
  }));
  return assemble(content, { able, around, inFull, fallback: button }, (framed) => ({
    ...content,
    ...framed,
    button,
    sections,
  }));
}

/**
 * A message with one titled button.
 * @param words - what stands in its place where there are no such buttons
 */
export function degradeTitled(
  content: Titled,
  able: Capabilities["ctaUrl"],
  around: Surroundings,
  words: string,
): OutboundContent[] {
  if (able === null) return inWords(content, words, around);
  const title = shorten(content.title, able.titleLength);
  const inFull = title === content.title ? [] : [content.title];
  return assemble(content, { able, around, inFull, fallback: title }, (framed) => ({ ...content, ...framed, title }));
}

/** A request for something of the customer's: as a plain question where it has no button of its own. */
export function degradeRequest(
  content: Request,
  able: InteractiveCapability | null,
  around: Surroundings,
): OutboundContent[] {
  if (able === null) return around.asText(content.text);
  const fallback = content.type === "location_request" ? "📍" : "👤";
  return assemble(content, { able, around, inFull: [], fallback }, ({ text }) => ({ ...content, text }));
}

interface Assembly {
  readonly able: InteractiveCapability;
  readonly around: Surroundings;
  /** What was cut, in full. */
  readonly inFull: readonly string[];
  /** Stands for a text that is only white space: an interactive message needs one. */
  readonly fallback: string;
}

/** Puts the message together: what does not fit above or below its text goes into it, what does not fit there goes before. */
function assemble(
  content: Framed,
  { able, around, inFull, fallback }: Assembly,
  make: (framed: { header: Header | undefined; text: string; footer: string | undefined }) => OutboundContent,
): OutboundContent[] {
  const { can } = around;
  const above = placeHeader(content.header, able, around);
  const isFooterShort = content.footer !== undefined && content.footer.length <= can.footerLength;
  const text = paragraphs([
    above.text,
    content.text,
    inFull.map((full) => `- ${full}`).join("\n"),
    isFooterShort ? undefined : content.footer,
  ]);
  const parts = splitText(text, able.textLength);
  const last = parts.pop() ?? fallback;
  // What goes before is joined again as far as a plain text may go.
  const before = around.asText(parts.join("\n\n"));
  const message = make({ header: above.header, text: last, footer: isFooterShort ? content.footer : undefined });
  return [...above.ahead, ...before, dropEmpty(message)];
}

/** A header stays, or becomes the first paragraph, or goes ahead as a message of its own. */
function placeHeader(header: Header | undefined, able: InteractiveCapability, { can, file }: Surroundings) {
  const ahead: OutboundContent[] = [];
  if (header === undefined) return { ahead };
  const isKnown = able.headers.includes(header.type);
  if (header.type === "text")
    return isKnown && header.text.length <= can.headerLength ? { ahead, header } : { ahead, text: header.text };
  return isKnown && takesFile(can.media[header.type], header.mimeType) ? { ahead, header } : { ahead: file(header) };
}

/** Everything in words, its file ahead. */
function inWords({ header, text, footer }: Framed, below: string, { asText, file }: Surroundings): OutboundContent[] {
  const ahead = header === undefined || header.type === "text" ? [] : file(header);
  const above = header?.type === "text" ? header.text : undefined;
  return [...ahead, ...asText(paragraphs([above, text, below, footer]))];
}

function dropEmpty(content: OutboundContent): OutboundContent {
  // SAFETY: only fields that may be missing can be undefined.
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined)) as OutboundContent;
}

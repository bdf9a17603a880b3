// What a person reads of an outgoing message where it cannot be shown itself: in a list of messages, in an agent's memory.
import type { ContentOf, OutboundContent } from "../outbound.ts";
import type { ContactCard } from "../outbound-parts.ts";

/**
 * Describes any content in words. Never empty.
 * @returns the text with the choices below it, a caption, or the kind of the message in brackets
 */
export function describeContent(content: OutboundContent): string {
  switch (content.type) {
    case "text":
      return content.text;
    case "image":
    case "video":
      return content.caption ?? `[${content.type}]`;
    case "audio":
      return content.voice ? "[voice message]" : "[audio]";
    case "document":
      return lines([`[document${content.filename === undefined ? "" : `: ${content.filename}`}]`, content.caption]);
    case "sticker":
      return `[sticker${content.description === undefined ? "" : `: ${content.description}`}]`;
    case "location":
      return describeLocation(content);
    case "contacts":
      return content.contacts.map(describeContact).join("\n\n");
    case "reaction":
      return content.emoji === "" ? "[reaction removed]" : content.emoji;
    case "buttons":
      return framed(content, content.buttons.map((button) => `[${button.title}]`).join(" "));
    case "list":
      return framed(content, numberedRows(content));
    case "cta_url":
      return framed(content, `[${content.title}] ${content.url}`);
    case "flow":
      return framed(content, `[${content.title}]`);
    case "location_request":
    case "contact_info_request":
      return content.text;
    case "template":
      return describeTemplate(content);
  }
}

/**
 * The rows of a list as numbered lines under the titles of their sections; the numbers run through.
 * @returns such as `1. Margherita – 9 €`
 */
export function numberedRows({ sections }: Pick<ContentOf<"list">, "sections">): string {
  let number = 0;
  return sections
    .map((section) => {
      const rows = section.rows.map((row) => {
        number += 1;
        return `${number}. ${withDescription(row)}`;
      });
      return lines([section.title, ...rows]);
    })
    .join("\n\n");
}

/** A row in one line. */
export function withDescription(row: { readonly title: string; readonly description?: string | undefined }): string {
  return row.description === undefined ? row.title : `${row.title} – ${row.description}`;
}

/** A place in words, with a link to a map. */
export function describeLocation({ name, address, latitude, longitude }: ContentOf<"location">): string {
  return lines([name, address, `https://maps.google.com/?q=${latitude},${longitude}`]);
}

/** A contact card in words. */
export function describeContact(card: ContactCard): string {
  const { organization: at } = card;
  const values = <T extends { readonly type?: string | undefined }>(all: readonly T[] = [], of: (one: T) => string) =>
    all.map((one) => (one.type === undefined ? of(one) : `${of(one)} (${one.type})`));
  return lines([
    card.name.formatted,
    join([at?.title, at?.department, at?.company]),
    ...values(card.phones, ({ phone }) => phone),
    ...values(card.emails, ({ email }) => email),
    ...values(card.urls, ({ url }) => url),
    ...values(
      card.addresses,
      (one) => join([one.street, one.zip, one.city, one.state, one.country ?? one.countryCode]) ?? "",
    ),
    card.birthday,
  ]);
}

/** The values of a template that are texts: its own words are at the provider. */
function describeTemplate({ name, components = [] }: ContentOf<"template">): string {
  const values = components.flatMap(({ parameters }) => parameters).flatMap(({ text }) => text ?? []);
  return lines([`[template ${name}]`, ...values]);
}

/** Header, text, what is below it, footer; each a paragraph. */
function framed(
  { header, text, footer }: Pick<ContentOf<"buttons">, "header" | "text" | "footer">,
  below: string,
): string {
  const above = header === undefined || header.type === "text" ? header?.text : `[${header.type}]`;
  return paragraphs([above, text, below, footer]);
}

/** What is there, each a paragraph. */
export function paragraphs(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

function lines(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n");
}

function join(parts: readonly (string | undefined)[]): string | undefined {
  const there = parts.filter((part) => part !== undefined);
  return there.length === 0 ? undefined : there.join(", ");
}

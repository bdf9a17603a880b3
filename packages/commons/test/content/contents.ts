// What the tests of outgoing contents share: arbitrary contents, providers that show much or little, and a check of what
// a provider takes that knows nothing of how contents are made to fit.
import fc from "fast-check";
import { bareType, type Capabilities, type InteractiveCapability } from "../../src/capabilities.ts";
import type { OutboundContent } from "../../src/outbound.ts";
import { cloudApiCapabilities } from "../../src/providers/cloud-api/capabilities.ts";

const anyFile = { mimeTypes: null, maxBytes: 1 };

/** Shows files and text alone, as an SMS gateway with WhatsApp does. */
export const filesOnly: Capabilities = {
  ...cloudApiCapabilities,
  textLength: 1600,
  media: { image: anyFile, video: anyFile, audio: anyFile, document: anyFile, sticker: null },
  voice: [],
  location: false,
  contacts: 0,
  reactions: false,
  replies: false,
  headerLength: 0,
  footerLength: 0,
  templates: false,
  window: false,
  ...{ buttons: null, list: null, ctaUrl: null, flow: null, locationRequest: null, contactInfoRequest: null },
};
/** Shows text alone, and little of it. */
export const textOnly: Capabilities = {
  ...filesOnly,
  textLength: 120,
  media: { image: null, video: null, audio: null, document: null, sticker: null },
};
/** Shows everything, but tiny. */
export const tiny: Capabilities = {
  ...cloudApiCapabilities,
  textLength: 120,
  media: { ...cloudApiCapabilities.media, video: null },
  captionLength: 20,
  contacts: 2,
  headerLength: 10,
  footerLength: 10,
  buttons: { textLength: 60, headers: ["text"], most: 2, titleLength: 8 },
  list: {
    ...{ textLength: 80, headers: [], buttonLength: 8, sections: 2, sectionTitleLength: 9, rows: 4 },
    ...{ titleLength: 9, descriptionLength: 14 },
  },
  ctaUrl: { textLength: 60, headers: ["image"], titleLength: 8 },
  flow: { textLength: 60, headers: [], titleLength: 8 },
  locationRequest: { textLength: 30, headers: [] },
  contactInfoRequest: { textLength: 30, headers: [] },
};
/** All of them by name. */
export const providers: readonly (readonly [string, Capabilities])[] = [
  ["the Cloud API", cloudApiCapabilities],
  ["files only", filesOnly],
  ["text only", textOnly],
  ["tiny", tiny],
];

const word = fc.stringMatching(/^[a-zäé]{1,12}$/);
const words = (max: number) => fc.array(word, { minLength: 1, maxLength: max }).map((all) => all.join(" "));
const prose = fc
  .array(fc.tuple(words(30), fc.constantFrom(" ", ". ", "\n", "\n\n")), { minLength: 1, maxLength: 60 })
  .map((all) => all.flat().join(""));
const title = words(14);
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const media = fc.oneof(
  words(3).map((path) => ({ link: `https://files.example/${path.replaceAll(" ", "-")}` })),
  fc.uuid().map((mediaId) => ({ mediaId })),
);
const mimeType = some(
  fc.constantFrom(
    "image/jpeg",
    "image/webp",
    "image/gif",
    "video/mp4",
    "audio/ogg; codecs=opus",
    "audio/mpeg",
    "application/pdf",
  ),
);
const file = { media, mimeType, replyTo: some(fc.uuid()) };
const common = { replyTo: some(fc.uuid()) };
const header = some(
  fc.oneof(
    fc.record({ type: fc.constant("text" as const), text: words(12) }),
    fc.record({ type: fc.constantFrom("image" as const, "video" as const), media, mimeType }),
    fc.record({ type: fc.constant("document" as const), media, mimeType, filename: some(word) }),
  ),
);
const frame = { ...common, text: prose, header, footer: some(words(12)) };
const choices = (max: number) =>
  fc
    .uniqueArray(title, { minLength: 1, maxLength: max })
    .map((all) => all.map((one, index) => ({ id: `id-${index}`, title: one })));
const sections = fc
  .array(
    fc.tuple(title, fc.array(fc.record({ title, description: some(words(12)) }), { minLength: 1, maxLength: 5 })),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) =>
    all.map(([name, rows], section) => ({
      title: name,
      rows: rows.map((row, index) => ({ id: `${section}-${index}`, ...row })),
    })),
  );
const card = fc.record({
  name: words(3).map((formatted) => ({ formatted })),
  phones: some(
    fc.array(
      word.map((phone) => ({ phone })),
      { maxLength: 2 },
    ),
  ),
});

/** Any content but a template, whose words are not ours. */
export const anyContent: fc.Arbitrary<OutboundContent> = fc
  .oneof(
    fc.record({ type: fc.constant("text" as const), ...common, text: prose }),
    fc.record({ type: fc.constantFrom("image" as const, "video" as const), ...file, caption: some(prose) }),
    fc.record({ type: fc.constant("audio" as const), ...file, voice: some(fc.boolean()) }),
    fc.record({ type: fc.constant("document" as const), ...file, caption: some(prose), filename: some(word) }),
    fc.record({ type: fc.constant("sticker" as const), ...file, description: some(words(5)) }),
    fc.record({
      type: fc.constant("location" as const),
      ...common,
      latitude: fc.integer({ min: -90, max: 90 }),
      longitude: fc.integer({ min: -180, max: 180 }),
      name: some(words(5)),
    }),
    fc.record({
      type: fc.constant("contacts" as const),
      ...common,
      contacts: fc.array(card, { minLength: 1, maxLength: 5 }),
    }),
    fc.record({
      type: fc.constant("reaction" as const),
      ...common,
      messageId: fc.uuid(),
      emoji: fc.constantFrom("👍", ""),
    }),
    fc.record({ type: fc.constant("buttons" as const), ...frame, buttons: choices(14), menu: some(title) }),
    fc.record({ type: fc.constant("list" as const), ...frame, button: title, sections }),
    fc.record({
      type: fc.constant("cta_url" as const),
      ...frame,
      title,
      url: fc.constant("https://shop.example/table?for=2"),
    }),
    fc.record({ type: fc.constant("flow" as const), ...frame, title, flowId: fc.constant("f1") }),
    fc.record({
      type: fc.constantFrom("location_request" as const, "contact_info_request" as const),
      ...common,
      text: prose,
    }),
  )
  .map(withoutUndefined);

function withoutUndefined<T extends object>(value: T): T {
  // SAFETY: JSON is what contents are stored as; it drops what is undefined.
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Why a provider would not take a content; nothing when it does. */
export function problemsOf(content: OutboundContent, can: Capabilities): string[] {
  const problems: string[] = [];
  const most = (what: string, value: string | number | undefined, limit: number) => {
    const size = typeof value === "string" ? value.length : (value ?? 0);
    if (size > limit) problems.push(`${content.type}: ${what} of ${size}, at most ${limit}`);
    if (value === "") problems.push(`${content.type}: empty ${what}`);
  };
  const must = (what: string, holds: boolean) => {
    if (!holds) problems.push(`${content.type}: ${what}`);
  };
  const takes = (kind: keyof Capabilities["media"], type: string | undefined) => {
    const able = can.media[kind];
    return able !== null && (able.mimeTypes === null || type === undefined || able.mimeTypes.includes(bareType(type)));
  };
  const framed = (
    able: InteractiveCapability | null,
    body: string,
    over: Extract<OutboundContent, { type: "list" }>["header"],
  ) => {
    must("cannot be shown", able !== null);
    most("text", body, able?.textLength ?? 0);
    must("blank text", body.trim() !== "");
    if (over === undefined) return;
    must("header", able?.headers.includes(over.type) === true);
    if (over.type === "text") most("header", over.text, can.headerLength);
    else must("type of the header's file", takes(over.type, over.mimeType));
  };
  const footed = (footer: string | undefined) => most("footer", footer, can.footerLength);
  must("quotes", content.replyTo === undefined || can.replies);
  switch (content.type) {
    case "text":
      most("text", content.text, can.textLength);
      break;
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker":
      must("type of the file", takes(content.type, content.mimeType));
      if ("caption" in content) most("caption", content.caption, can.captionLength);
      if (content.type === "audio" && content.voice === true)
        must("voice", can.voice.includes(bareType(content.mimeType ?? can.voice[0] ?? "")));
      break;
    case "location":
      must("cannot be shown", can.location);
      break;
    case "contacts":
      most("contacts", content.contacts.length, can.contacts);
      break;
    case "reaction":
      must("cannot be shown", can.reactions);
      break;
    case "buttons":
      framed(can.buttons, content.text, content.header);
      footed(content.footer);
      most("buttons", content.buttons.length, can.buttons?.most ?? 0);
      for (const button of content.buttons) most("title", button.title, can.buttons?.titleLength ?? 0);
      must("alike", new Set(content.buttons.map((button) => button.title)).size === content.buttons.length);
      break;
    case "list": {
      framed(can.list, content.text, content.header);
      footed(content.footer);
      const rows = content.sections.flatMap((section) => section.rows);
      most("button", content.button, can.list?.buttonLength ?? 0);
      most("sections", content.sections.length, can.list?.sections ?? 0);
      most("rows", rows.length, can.list?.rows ?? 0);
      for (const section of content.sections) most("section's title", section.title, can.list?.sectionTitleLength ?? 0);
      for (const row of rows) most("title", row.title, can.list?.titleLength ?? 0);
      for (const row of rows) most("description", row.description, can.list?.descriptionLength ?? 0);
      break;
    }
    case "cta_url":
    case "flow": {
      const able = content.type === "flow" ? can.flow : can.ctaUrl;
      framed(able, content.text, content.header);
      footed(content.footer);
      most("title", content.title, able?.titleLength ?? 0);
      break;
    }
    case "location_request":
      framed(can.locationRequest, content.text, undefined);
      break;
    case "contact_info_request":
      framed(can.contactInfoRequest, content.text, undefined);
      break;
    case "template":
      must("cannot be shown", can.templates);
  }
  return problems;
}

/** Every word that a person would read of a content; ids, types of files and a list's opening button are none. */
export function wordsOf(content: OutboundContent): string[] {
  const silent = new Set(["id", "type", "mediaId", "messageId", "replyTo", "mimeType", "flowId"]);
  if (content.type === "list") silent.add("button");
  if (content.type === "buttons") silent.add("menu");
  const found: string[] = [];
  const read = (value: unknown): void => {
    if (typeof value === "string") found.push(...value.split(/\s+/).filter((one) => one !== ""));
    else if (Array.isArray(value)) value.forEach(read);
    else if (typeof value === "object" && value !== null)
      for (const [key, inside] of Object.entries(value)) if (!silent.has(key)) read(inside);
  };
  read(content);
  return found;
}

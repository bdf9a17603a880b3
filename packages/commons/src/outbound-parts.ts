// The parts of an outgoing message: files, headers, contact cards, templates. outbound.ts puts them together.
import { z } from "zod";

/** Text in which there is something to read. */
export const visibleText = z.string().regex(/\S/, "must hold something to read");
/** The short words on a button or a row; what is too long for a provider is cut there and told in full beside it. */
export const title = visibleText.max(200);
/** Our own id of a choice, given back when it is chosen. A row's id at Meta has at most 200 characters. */
export const choiceId = z.string().min(1).max(200);
/** A web address that a person may open. */
export const webAddress = z.url({ protocol: /^https?$/, error: "must be an http(s) address" }).max(1500);

/** The kinds of files that WhatsApp shows. */
export const MEDIA_KINDS = ["image", "video", "audio", "document", "sticker"] as const;
/** A kind of file. */
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** Where a file is: at a public https address, or with us, by our media id. */
export const mediaRef = z.union(
  [
    z.strictObject({ link: z.url({ protocol: /^https$/, error: "must be an https address" }).max(2048) }),
    z.strictObject({ mediaId: z.uuid() }),
  ],
  { error: "must be { link: an https address } or { mediaId: our media id }" },
);
/** Where a file is. */
export type MediaRef = z.infer<typeof mediaRef>;

/** Such as `image/jpeg` or `audio/ogg; codecs=opus`. */
export const mimeType = z
  .string()
  .regex(/^[\w.+-]+\/[\w.+-]+\s*(;.*)?$/, "must look like image/jpeg")
  .max(200);
/** A file's name as the customer sees it. */
export const filename = visibleText.max(240);

const file = { media: mediaRef, mimeType: mimeType.optional() };

/** What stands above the text of an interactive message. */
export const header = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: visibleText.max(1000) }),
  z.object({ type: z.literal("image"), ...file }),
  z.object({ type: z.literal("video"), ...file }),
  z.object({ type: z.literal("document"), ...file, filename: filename.optional() }),
]);
/** What stands above the text of an interactive message. */
export type Header = z.infer<typeof header>;

/** Header and footer of an interactive message. */
export const frame = { header: header.optional(), footer: visibleText.max(1000).optional() };

const words = z.string().min(1).max(1000).optional();
const label = z.string().min(1).max(60).optional();

/** One contact card. */
export const contactCard = z.object({
  name: z.object({
    formatted: visibleText.max(1000),
    ...{ first: words, middle: words, last: words, prefix: words, suffix: words },
  }),
  organization: z.object({ company: words, department: words, title: words }).optional(),
  /** `waId`: the number's id at WhatsApp; with it the card has a button to write to it. */
  phones: z
    .array(z.object({ phone: visibleText.max(60), type: label, waId: label }))
    .max(20)
    .optional(),
  emails: z
    .array(z.object({ email: visibleText.max(320), type: label }))
    .max(20)
    .optional(),
  urls: z
    .array(z.object({ url: visibleText.max(1000), type: label }))
    .max(20)
    .optional(),
  addresses: z
    .array(
      z.object({
        street: words,
        city: words,
        state: words,
        zip: label,
        country: words,
        countryCode: label,
        type: label,
      }),
    )
    .max(20)
    .optional(),
  /** YYYY-MM-DD. */
  birthday: z.iso.date().optional(),
});
/** One contact card. */
export type ContactCard = z.infer<typeof contactCard>;

/** A file in a template: as anywhere, or by the provider's own id. */
const templateFile = z.union([
  z.object({ link: z.url({ protocol: /^https$/ }).max(2048), filename: filename.optional() }),
  z.object({ mediaId: z.uuid(), filename: filename.optional() }),
  z.object({ id: z.string().min(1).max(200), filename: filename.optional() }),
]);
/** A file in a template. */
export type TemplateFile = z.infer<typeof templateFile>;

/** A value that is filled into a template; the fields are the Graph API's. */
export const templateParameter = z.object({
  type: z.enum(["text", "image", "video", "document", "payload", "currency", "date_time", "action", "coupon_code"]),
  parameter_name: z.string().min(1).max(200).optional(),
  text: z.string().min(1).max(32_768).optional(),
  payload: z.string().min(1).max(1000).optional(),
  coupon_code: z.string().min(1).max(20).optional(),
  image: templateFile.optional(),
  video: templateFile.optional(),
  document: templateFile.optional(),
  currency: z
    .object({ fallback_value: z.string().min(1), code: z.string().length(3), amount_1000: z.number().int() })
    .optional(),
  date_time: z.object({ fallback_value: z.string().min(1) }).optional(),
  action: z.record(z.string(), z.json()).optional(),
});
/** A value that is filled into a template. */
export type TemplateParameter = z.infer<typeof templateParameter>;

/**
 * The parts of a template that are filled in, in the Graph API's own form.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
 */
export const templateComponent = z.object({
  type: z.enum(["header", "body", "button"]),
  sub_type: z.enum(["quick_reply", "url", "copy_code", "flow"]).optional(),
  /** Which button, from 0. */
  index: z.number().int().min(0).max(9).optional(),
  parameters: z.array(templateParameter).max(100),
});
/** A part of a template that is filled in. */
export type TemplateComponent = z.infer<typeof templateComponent>;

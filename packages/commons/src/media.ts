// The kinds of file with WhatsApp's size limits, names of files that harm nobody, and their hashes.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
const KB = 1024;
const MB = 1024 * KB;

/** The kinds of file that a message can bring along. */
export const mediaKinds = ["image", "audio", "video", "document", "sticker"] as const;
/** A kind of file. */
export type MediaKind = (typeof mediaKinds)[number];

/** Most bytes of each kind. An animated sticker may have 500 KB, another one 100 KB: which it is nobody says before. */
export const MEDIA_LIMITS: Readonly<Record<MediaKind, number>> = {
  image: 5 * MB,
  audio: 16 * MB,
  video: 16 * MB,
  document: 100 * MB,
  sticker: 500 * KB,
};

/** The types that Meta takes for each kind of message; everything else goes out as a document. */
const SENDABLE: ReadonlyMap<string, MediaKind> = new Map<string, MediaKind>([
  ...["image/jpeg", "image/png"].map((type) => [type, "image"] as const),
  ...["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"].map((type) => [type, "audio"] as const),
  ...["video/mp4", "video/3gpp"].map((type) => [type, "video"] as const),
  ["image/webp", "sticker"],
]);

/** The kind under which a file of this type is sent. */
export function kindOf(mimeType: string): MediaKind {
  return SENDABLE.get(bareType(mimeType)) ?? "document";
}

/** A type without its parameters, in lower case: `audio/ogg; codecs=opus` is `audio/ogg`. */
export function bareType(mimeType: string): string {
  return mimeType.split(";")[0]?.trim().toLowerCase() ?? "";
}

/**
 * A file's name without a path, control characters, marks that turn the writing direction, and leading dots.
 * @returns undefined when nothing is left
 */
export function safeFilename(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const clean = (name.toWellFormed().split(/[\\/]/).at(-1) ?? "")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replaceAll(/[<>:"|?*]/g, "_")
    .trim()
    .replace(/^\.+/, "");
  if (clean === "") return undefined;
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(clean)?.[0] ?? "";
  const characters = [...clean.slice(0, clean.length - extension.length)];
  while (characters.join("").length + extension.length > 240) characters.pop();
  return `${characters.join("")}${extension}`;
}

/** A SHA-256 as Meta writes it, base64 in webhooks and hexadecimal in answers, as hexadecimal; undefined: it is neither. */
export function sha256Hex(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/").replace(/=$/, ""));
  return Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

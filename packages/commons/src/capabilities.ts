// What a provider can show: one table for each. text/degrade.ts makes any content fit it.
import type { Header, MediaKind } from "./outbound-parts.ts";

/** Which files of a kind a provider takes. */
export interface MediaCapability {
  /** Types without parameters, in lower case; `null`: any. */
  readonly mimeTypes: readonly string[] | null;
  readonly maxBytes: number;
}

/** An interactive message: how long its text may be and what may stand above it. */
export interface InteractiveCapability {
  readonly textLength: number;
  readonly headers: readonly Header["type"][];
}

/**
 * What a provider can show. Lengths are the most UTF-16 code units (`string.length`): they are never fewer than
 * characters, however a provider counts those. `null`: cannot be shown.
 */
export interface Capabilities {
  readonly textLength: number;
  readonly media: Readonly<Record<MediaKind, MediaCapability | null>>;
  /** Of an image, a video or a document; 0: none. */
  readonly captionLength: number;
  /** A file can be shown as a voice message: only of these types. */
  readonly voice: readonly string[];
  readonly location: boolean;
  /** Contact cards in one message; 0: none. */
  readonly contacts: number;
  readonly reactions: boolean;
  /** A message can quote another one. */
  readonly replies: boolean;
  /** Of a text header and of a footer; 0: none. */
  readonly headerLength: number;
  readonly footerLength: number;
  readonly buttons: (InteractiveCapability & { readonly most: number; readonly titleLength: number }) | null;
  readonly list:
    | (InteractiveCapability & {
        readonly buttonLength: number;
        readonly sections: number;
        readonly sectionTitleLength: number;
        /** In all sections together. */
        readonly rows: number;
        readonly titleLength: number;
        readonly descriptionLength: number;
      })
    | null;
  readonly ctaUrl: (InteractiveCapability & { readonly titleLength: number }) | null;
  readonly flow: (InteractiveCapability & { readonly titleLength: number }) | null;
  readonly locationRequest: InteractiveCapability | null;
  readonly contactInfoRequest: InteractiveCapability | null;
  readonly templates: boolean;
  /** Outside of 24 hours after the customer's last message only templates are delivered. */
  readonly window: boolean;
}

/**
 * Whether a provider takes a file.
 * @param mimeType - the file's; unknown: the provider will tell
 */
export function takesFile(able: MediaCapability | null, mimeType: string | undefined): boolean {
  if (able === null) return false;
  return able.mimeTypes === null || mimeType === undefined || able.mimeTypes.includes(bareType(mimeType));
}

/** Names that are none, and yet in use. */
const ALIASES: Readonly<Record<string, string>> = {
  "image/jpg": "image/jpeg",
  "audio/mp3": "audio/mpeg",
  "audio/m4a": "audio/mp4",
  "audio/x-m4a": "audio/mp4",
  "video/3gp": "video/3gpp",
};

/** A type without its parameters, by its right name: `audio/ogg` of `audio/ogg; codecs=opus`. */
export function bareType(mimeType: string): string {
  const bare = (mimeType.split(";")[0] ?? "").trim().toLowerCase();
  return ALIASES[bare] ?? bare;
}

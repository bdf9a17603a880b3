// A customer's picture, video, voice message, document or sticker: the file, and the message about it.
import type { MediaFaults } from "./chaos.ts";
import { RequestError } from "./http-request.ts";
import type { Draft } from "./phone.ts";
import { samplePicture } from "./picture.ts";
import { sampleDocument, sampleSticker, sampleVoice } from "./samples.ts";
import type { Content } from "./types.ts";
import type { World } from "./world.ts";

/** The kinds; `voice` is an audio message that was recorded in the chat. */
export const mediaKinds = ["image", "video", "audio", "voice", "document", "sticker"] as const;
type Kind = (typeof mediaKinds)[number];
type Sample = { readonly mime: string; readonly bytes: () => Uint8Array<ArrayBuffer>; readonly filename?: string };

const voice: Sample = { mime: "audio/ogg; codecs=opus", bytes: sampleVoice };
const samples: Readonly<Partial<Record<Kind, Sample>>> = {
  image: { mime: "image/png", bytes: samplePicture },
  audio: voice,
  voice,
  document: { mime: "application/pdf", bytes: sampleDocument, filename: "menu.pdf" },
  sticker: { mime: "image/webp", bytes: sampleSticker },
};

/** How long ago the address of a file with that fault has ended. */
const ENDED_MS = 60_000;

/** What a media message is made of. */
export type MediaInput = {
  readonly type: Kind;
  readonly caption?: string | undefined;
  readonly filename?: string | undefined;
  readonly data_url?: string | undefined;
  readonly reply_to?: string | undefined;
  readonly faults?: { readonly [K in keyof MediaFaults]?: MediaFaults[K] | undefined } | undefined;
};

/** Keeps the file and makes the message. @throws RequestError 400 for a video without a file */
export function mediaDraft(world: World, input: MediaInput): Draft {
  const sample = samples[input.type];
  const comma = input.data_url?.indexOf(",") ?? -1;
  const given = input.data_url?.slice(comma + 1);
  if (given === undefined && sample === undefined)
    throw new RequestError(400, `There is no built-in ${input.type}; send one as data_url.`);
  const mimeType = input.data_url?.slice("data:".length, comma).replace(/;base64$/, "") ?? sample?.mime ?? "";
  const bytes = given === undefined ? sample?.bytes() : new Uint8Array(Buffer.from(given, "base64"));
  const filename = input.filename ?? (given === undefined ? sample?.filename : undefined);
  const faults = { ...world.chaos.settings.media, ...definedOf(input.faults) };
  const file = world.media.add(bytes ?? new Uint8Array(), mimeType, { filename, faults });
  const media: Content = {
    ...(input.caption === undefined ? {} : { caption: input.caption }),
    ...(filename === undefined ? {} : { filename }),
    mime_type: mimeType,
    sha256: file.shownSha256.toString("base64"),
    id: file.id,
    url: world.media.url(world.origin, file.id, ...(faults.expiredUrl ? [-ENDED_MS] : [])),
    ...(input.type === "audio" || input.type === "voice" ? { voice: input.type === "voice" } : {}),
    ...(input.type === "sticker" ? { animated: false } : {}),
  };
  const type = input.type === "voice" ? "audio" : input.type;
  return { type, content: { [type]: media }, contextId: input.reply_to };
}

function definedOf(faults: MediaInput["faults"]): Partial<MediaFaults> {
  return Object.fromEntries(Object.entries(faults ?? {}).filter(([, value]) => value !== undefined));
}

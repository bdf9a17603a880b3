// What Meta's Cloud API shows. Lengths: the pages of the message types under
// https://developers.facebook.com/docs/whatsapp/cloud-api/messages; files: .../reference/media#supported-media-types
import type { Capabilities } from "../../capabilities.ts";

const MB = 1024 * 1024;
const anyHeader = ["text", "image", "video", "document"] as const;

/** The table of the Cloud API. */
export const cloudApiCapabilities: Capabilities = {
  textLength: 4096,
  media: {
    image: { mimeTypes: ["image/jpeg", "image/png"], maxBytes: 5 * MB },
    video: { mimeTypes: ["video/mp4", "video/3gpp"], maxBytes: 16 * MB },
    audio: {
      mimeTypes: ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
      maxBytes: 16 * MB,
    },
    document: { mimeTypes: null, maxBytes: 100 * MB },
    // 100 KB when it does not move; a file's type does not say whether it does.
    sticker: { mimeTypes: ["image/webp"], maxBytes: 500 * 1024 },
  },
  captionLength: 1024,
  voice: ["audio/ogg"],
  location: true,
  contacts: 257,
  reactions: true,
  replies: true,
  headerLength: 60,
  footerLength: 60,
  buttons: { textLength: 1024, headers: anyHeader, most: 3, titleLength: 20 },
  list: {
    textLength: 4096,
    headers: ["text"],
    buttonLength: 20,
    sections: 10,
    sectionTitleLength: 24,
    rows: 10,
    titleLength: 24,
    descriptionLength: 72,
  },
  ctaUrl: { textLength: 1024, headers: anyHeader, titleLength: 20 },
  flow: { textLength: 1024, headers: anyHeader, titleLength: 20 },
  locationRequest: { textLength: 1024, headers: [] },
  contactInfoRequest: { textLength: 1024, headers: [] },
  templates: true,
  window: true,
};

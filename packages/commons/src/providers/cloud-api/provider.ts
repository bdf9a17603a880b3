// The Cloud API provider: puts parsing and sending behind the contract of providers.

import type { Provider } from "../provider.ts";
import { cloudApiCapabilities } from "./capabilities.ts";
import { type GraphSettings, graphMessagesApi } from "./graph-request.ts";
import { markRead } from "./mark-read.ts";
import { downloadMedia, uploadMedia } from "./media.ts";
import { parseCloudApi } from "./parse.ts";
import { sendMessage } from "./send.ts";
import { listTemplates } from "./templates.ts";

/**
 * Makes the provider for Meta's WhatsApp Cloud API.
 * @param settings - address and version of the Graph API, and how long one request may take (seconds, default 15)
 */
export function createCloudApiProvider(settings: GraphSettings): Provider {
  const api = graphMessagesApi(settings);
  return {
    id: "cloud_api",
    capabilities: cloudApiCapabilities,
    parse: parseCloudApi,
    send: (request) => sendMessage(api, request),
    markRead: (request) => markRead(api, request),
    downloadMedia: (request) => downloadMedia(settings, request),
    uploadMedia: (request) => uploadMedia(settings, request),
    listTemplates: (request) => listTemplates(settings, request),
  };
}

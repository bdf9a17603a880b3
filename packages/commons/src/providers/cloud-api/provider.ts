// The Cloud API provider: puts parsing and sending behind the contract of providers.

import type { Provider } from "../provider.ts";
import { type GraphSettings, graphMessagesApi } from "./graph-request.ts";
import { markRead } from "./mark-read.ts";
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
    // Meta says "characters" without saying which: 4096 for a text, 1024 for the body of an interactive message.
    // UTF-16 code units are never fewer than characters, so a text within the limit is safe however Meta counts.
    limits: { text: 4096, buttonsText: 1024 },
    parse: parseCloudApi,
    send: (request) => sendMessage(api, request),
    markRead: (request) => markRead(api, request),
    listTemplates: (request) => listTemplates(settings, request),
  };
}

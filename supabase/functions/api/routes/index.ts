// Every operation of the API: the router, the OpenAPI document and the fuzzer go through this list.
import type { Operation } from "../operation.ts";
import {
  getConversationOperation,
  getTimeline,
  pauseConversationOperation,
  resumeConversationOperation,
} from "./conversations.ts";
import { uploadMedia } from "./media.ts";
import { cancelMessage, getMessage, listMessages, retryMessage, sendMessage } from "./messages.ts";
import { listTemplatesOperation } from "./templates.ts";

/** Every operation. */
export const operations: readonly Operation[] = [
  sendMessage,
  listMessages,
  getMessage,
  retryMessage,
  cancelMessage,
  getConversationOperation,
  getTimeline,
  pauseConversationOperation,
  resumeConversationOperation,
  listTemplatesOperation,
  uploadMedia,
];

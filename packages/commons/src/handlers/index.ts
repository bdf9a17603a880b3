// The registry of handlers. A new queue is one line here.
import type { LaneHandler } from "./handler.ts";
import { mediaHandler } from "./media.ts";
import { sendHandler } from "./send.ts";
import { turnHandler } from "./turn.ts";

/** Every queue that is worked, and by what. */
export const laneHandlers: readonly LaneHandler[] = [turnHandler, sendHandler, mediaHandler];

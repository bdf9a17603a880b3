// The worlds that the checker goes through.
import type { Bounds } from "./rules.ts";

/** What `npm test` explores, in a few seconds each. */
export const TEST_WORLDS = {
  /** One conversation, and two enqueuers that push into it while two workers fight for it. */
  "1 lane, 3 messages": {
    lanes: 1,
    workers: 2,
    messages: [2, 1],
    burst: 2,
    claimed: 1,
    deaths: 1,
    pushesBack: true,
  },
  /** Claims and leases over two lanes at once. */
  "2 lanes, 2 messages": {
    lanes: 2,
    workers: 2,
    messages: [1, 1],
    burst: 1,
    claimed: 2,
    deaths: 0,
    pushesBack: false,
  },
} as const satisfies Record<string, Bounds>;

/** What the command goes through with --large: about two minutes, and two gigabytes. */
export const LARGE_WORLDS = {
  "1 lane, 4 messages in bursts of 3": {
    lanes: 1,
    workers: 2,
    messages: [4],
    burst: 3,
    claimed: 1,
    deaths: 1,
    pushesBack: true,
  },
  "1 lane, 2 messages, 3 workers, 2 of them may die": {
    lanes: 1,
    workers: 3,
    messages: [2],
    burst: 2,
    claimed: 1,
    deaths: 2,
    pushesBack: true,
  },
  "2 lanes, 2 messages, and one worker may die": {
    lanes: 2,
    workers: 2,
    messages: [1, 1],
    burst: 2,
    claimed: 2,
    deaths: 1,
    pushesBack: true,
  },
  "2 lanes, 3 messages, claimed both at once": {
    lanes: 2,
    workers: 2,
    messages: [2, 1],
    burst: 2,
    claimed: 2,
    deaths: 1,
    pushesBack: false,
  },
  "2 lanes, 3 messages, claimed one at a time": {
    lanes: 2,
    workers: 2,
    messages: [2, 1],
    burst: 2,
    claimed: 1,
    deaths: 1,
    pushesBack: false,
  },
} as const satisfies Record<string, Bounds>;

/** In which a missing guard shows at once. */
export const MUTANT_WORLD: Bounds = {
  lanes: 1,
  workers: 2,
  messages: [1, 1],
  burst: 2,
  claimed: 1,
  deaths: 0,
  pushesBack: false,
};

// What each of Meta's error codes is to do, for the tests: written down apart from the product's table.
import type { RejectionClass } from "../../src/outbound.ts";

/** What Meta's documentation and experience say of each code, written down apart from the table that is tested. */
const said: Partial<Record<RejectionClass, readonly number[]>> = {
  retry: [1, 2, 131000, 131016, 133004, 131208],
  slow_app: [4, 80007],
  slow_number: [130429],
  slow_pair: [131056],
  later: [131057, 133015, 133016, 134101, 131049, 132069],
  pause_number: [131048, 131064, 368],
  stop_channel: [0, 190, 3, 10, 200, 299, 131031, 131005, 133010, 131045, 131042],
  window_closed: [131047],
  reupload: [131052, 131053],
  never: [
    ...[
      100, 33, 131008, 131009, 131021, 131026, 131030, 131050, 130472, 130497, 131051, 131055, 131061, 131062, 131063,
    ],
    ...[131065, 131070, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 133000, 133005],
    ...[133006, 133007, 133008, 133009, 134011, 134100, 134102, 135000, 137000, 138000, 138006, 139000, 131200, 131207],
    ...[131020, 131035, 131037, 131041, 131059, 147001, 147002, 147003, 147004, 147005, 138001, 131202, 131204],
    ...[131209, 131210, 131211, 131212, 131213, 131214, 131215, 2500, 424242],
  ],
};
const laterSeconds: Readonly<Record<number, number>> = {
  131049: 24 * 3600,
  131057: 120,
  132069: 3600,
  133015: 300,
  133016: 72 * 3600,
  134101: 600,
};
/** A code and its class, for every code that is said something of. */
export const refusalCases = Object.entries(said).flatMap(([kind, codes]) =>
  // SAFETY: the keys of the table above.
  codes.map((code) => ({ code, kind: kind as RejectionClass })),
);

/** What becomes of a message, its account and a person's work. */
export interface Reaction {
  readonly status: string;
  /** Seconds until the next attempt, from and to; null: none is planned. */
  readonly wait: readonly [from: number, to: number] | null;
  readonly account: string | null;
  readonly task: string | null;
}
const failed: Reaction = { status: "FAILED", wait: null, account: null, task: null };
const queued: Reaction = { status: "QUEUED", wait: [0, 0], account: null, task: null };

/** What the state machine says of each class, for a first refusal. */
export function reactionTo(kind: RejectionClass, code: number): Reaction {
  const later = laterSeconds[code] ?? 0;
  const reactions: Readonly<Record<RejectionClass, Reaction>> = {
    again: { ...queued, wait: [1, 1] },
    retry: { ...queued, wait: [60, 66] },
    slow_pair: { ...queued, wait: [4, 4] },
    slow_number: { ...queued, wait: [1, 1], account: "slowed" },
    slow_app: { ...queued, wait: [1, 1], account: "slowed" },
    later: { ...queued, wait: [later, later] },
    pause_number: { ...queued, wait: null, account: "paused", task: "number_paused" },
    stop_channel: { ...queued, wait: null, account: "stopped", task: "channel_stopped" },
    window_closed: queued,
    reupload: queued,
    never: failed,
  };
  return reactions[kind];
}

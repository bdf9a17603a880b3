// What the page on the queue knows, as signals, and how it stays up to date: one snapshot after the other, a second
// apart, while somebody looks.
import { computed, signal } from "@preact/signals";
import type { LaneState, LaneView, Letter, QueueSnapshot } from "../queue/answers.ts";
import { CallError, call } from "./api.ts";

/** What is shown of the lanes and the dead letters. */
export type Filter = {
  readonly queue?: string;
  readonly tenant?: { readonly id: string; readonly slug: string };
  readonly state?: Exclude<LaneState, "idle">;
  readonly code?: string;
};
type LaneCursor = NonNullable<QueueSnapshot["lanes"]["next"]>;
type LetterCursor = Pick<Letter, "id" | "dead_at">;

const POLL_MS = 1_000;
const TICK_MS = 250;

export const snapshot = signal<QueueSnapshot | null>(null);
/** Why there is nothing new; null while everything is well. */
export const problem = signal<string | null>(null);
export const shard = signal(0);
export const filter = signal<Filter>({});
/** The lane in the drawer. */
export const opened = signal<Pick<LaneView, "queue" | "lane_id"> | null>(null);
/** The platform's clock, in ms. */
export const now = signal(Date.now());

/** The pages that one has turned; the last one is shown. */
const lanePages = signal<readonly LaneCursor[]>([]);
const letterPages = signal<readonly LetterCursor[]>([]);
export const lanePage = computed(() => lanePages.value.length + 1);
export const letterPage = computed(() => letterPages.value.length + 1);

let clockOffset = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | undefined;

/** Starts to follow the queue. */
export function follow(): void {
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : void look()));
  setInterval(() => {
    if (!document.hidden) now.value = Date.now() + clockOffset;
  }, TICK_MS);
  void look();
}

/** Changes what is shown, from the first page on. */
export function show(next: Filter): void {
  filter.value = next;
  lanePages.value = [];
  letterPages.value = [];
  void look();
}

/** Shows another shard. */
export function showShard(next: number): void {
  shard.value = next;
  opened.value = null;
  snapshot.value = null;
  show({});
}

/** Shows a lane in the drawer; null closes it. */
export function open(lane: Pick<LaneView, "queue" | "lane_id"> | null): void {
  opened.value = lane;
  void look();
}

/** Turns the pages of the lanes. */
export function turnLanes(forward: boolean): void {
  const next = snapshot.value?.lanes.next;
  lanePages.value = forward ? (next ? [...lanePages.value, next] : lanePages.value) : lanePages.value.slice(0, -1);
  void look();
}

/** Turns the pages of the dead letters. */
export function turnLetters(forward: boolean): void {
  const last = snapshot.value?.letters.at(-1);
  letterPages.value = forward
    ? last
      ? [...letterPages.value, last]
      : letterPages.value
    : letterPages.value.slice(0, -1);
  void look();
}

/** Asks for a snapshot now, and then again and again while the page is visible. */
export async function look(): Promise<void> {
  rest();
  const mine = new AbortController();
  asking = mine;
  try {
    const answer = await call<QueueSnapshot>("GET", `/queue/api/snapshot?${query()}`, { signal: mine.signal });
    if (mine.signal.aborted) return;
    // The overview may be older than the rest, which is asked anew each time.
    clockOffset = Date.parse(answer.lanes.now) - Date.now();
    now.value = Date.now() + clockOffset;
    snapshot.value = answer;
    problem.value = null;
  } catch (error) {
    if (mine.signal.aborted) return;
    problem.value = error instanceof CallError ? error.message : String(error);
  }
  if (!document.hidden) timer = setTimeout(() => void look(), POLL_MS);
}

function rest(): void {
  clearTimeout(timer);
  asking?.abort();
}

function query(): URLSearchParams {
  const { queue, tenant, state, code } = filter.value;
  const lanes = lanePages.value.at(-1);
  const letters = letterPages.value.at(-1);
  const values = {
    shard: shard.value,
    queue,
    tenant_id: tenant?.id,
    state,
    code,
    from: lanes?.from ?? undefined,
    skip: lanes?.skip,
    after_at: letters?.dead_at,
    after_id: letters?.id,
    lane_queue: opened.value?.queue,
    lane_id: opened.value?.lane_id,
  };
  return new URLSearchParams(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

// What people do on the page on the queue, most of it after a question: wake, pause, resume, replay, discard.
import { signal } from "@preact/signals";
import type { LaneView, Letter } from "../queue/answers.ts";
import { CallError, call } from "./api.ts";
import { filter, look, shard, snapshot } from "./queue-store.ts";

/** What a pause covers. */
export type Scope = { readonly queue: string; readonly tenant_id?: string; readonly lane_id?: string };
/** A dialog that asks before something is done. */
export type Dialog = {
  readonly title: string;
  readonly text: string;
  readonly button: string;
  /** Whether it asks for a reason, which is handed to `act`. */
  readonly asksReason: boolean;
  readonly act: (reason: string) => Promise<void>;
};

const BATCH = 200;

export const toast = signal<string | null>(null);
export const dialog = signal<Dialog | null>(null);
/** The dead letter whose payload is shown; its payload is undefined until it is there. */
export const payload = signal<{ readonly letter: Letter; readonly payload?: unknown } | null>(null);

/** Does something, says how it went, and looks again. */
async function act(work: () => Promise<string>): Promise<void> {
  try {
    say(await work());
  } catch (error) {
    say(error instanceof CallError ? error.message : String(error));
  }
  await look();
}

/** Makes a waiting lane claimable at once. */
export function wake(lane: Pick<LaneView, "queue" | "lane_id">): void {
  void act(async () => {
    await post("wake", { queue: lane.queue, lane_id: lane.lane_id });
    return "The lane is ready now.";
  });
}

/** Lifts a pause. */
export function resume(scope: Scope): void {
  void act(async () =>
    (await post<{ done: boolean }>("resume", scope)).done ? "Resumed." : "There was no such pause.",
  );
}

/** Asks why, and pauses. */
export function askPause(scope: Scope, what: string): void {
  dialog.value = {
    title: `Pause ${what}`,
    text: "What is in work goes on to its end; what waits is kept back, in order, until somebody resumes it.",
    button: "Pause",
    asksReason: true,
    act: (reason) =>
      act(async () => {
        await post("pause", { ...scope, reason });
        return "Paused.";
      }),
  };
}

/** Puts a dead letter back into its lane. */
export function replay(letter: Letter): void {
  void act(async () => {
    await post(`dead-letters/${letter.id}/replay`, {});
    return "Replayed: it is back at the end of its lane.";
  });
}

/** Asks why, and discards a dead letter. */
export function askDiscard(letter: Letter): void {
  dialog.value = {
    title: "Discard this dead letter",
    text: `${letter.kind} ${letter.correlation_id} will not be done any more.`,
    button: "Discard",
    asksReason: true,
    act: (reason) =>
      act(async () => {
        await post(`dead-letters/${letter.id}/discard`, { reason });
        return "Discarded.";
      }),
  };
}

/** Asks, and replays or discards all dead letters that the filter finds. */
export function askAll(what: "replay" | "discard"): void {
  const word = what === "replay" ? "Replay" : "Discard";
  dialog.value = {
    title: `${word} all that the filter finds`,
    text: `${filterWords()}. ${what === "replay" ? "Each goes back to the end of its lane." : "None will be done any more."}`,
    button: `${word} all`,
    asksReason: what === "discard",
    act: (reason) => act(async () => `${what === "replay" ? "Replayed" : "Discarded"}: ${await doAll(what, reason)}.`),
  };
}

/** Batch after batch; never more than there were at the start, so that letters that die again at once do not keep it going. */
async function doAll(what: "replay" | "discard", reason: string): Promise<number> {
  const { queue, tenant, code } = filter.value;
  const most = snapshot.value?.overview.dead ?? BATCH;
  let done = 0;
  for (let last = BATCH; last === BATCH && done < most; done += last) {
    const limit = Math.min(BATCH, most - done);
    const body = { queue, tenant_id: tenant?.id, code, limit, ...(what === "discard" ? { reason } : {}) };
    last = (await post<{ letters: number }>(`dead-letters/${what}`, body)).letters;
    say(`${done + last} so far …`);
  }
  return done;
}

/** Shows what a dead letter carried. */
export async function showPayload(letter: Letter): Promise<void> {
  payload.value = { letter };
  try {
    const path = `/queue/api/dead-letters/${letter.id}?shard=${shard.value}`;
    const found = await call<{ readonly payload: unknown }>("GET", path);
    if (payload.value?.letter.id === letter.id) payload.value = { letter, payload: found.payload };
  } catch (error) {
    payload.value = null;
    say(error instanceof CallError ? error.message : String(error));
  }
}

/** Puts a dead letter's, or anybody's, filter into words. */
function filterWords(): string {
  const { queue, tenant, code } = filter.value;
  const parts = [
    queue === undefined ? "all queues" : `the queue ${queue}`,
    tenant === undefined ? "all tenants" : `the tenant ${tenant.slug}`,
    code === undefined ? "any reason" : `the reason ${code}`,
  ];
  return `Dead letters of ${parts[0]}, ${parts[1]}, ${parts[2]}`;
}

function say(text: string): void {
  toast.value = text;
  setTimeout(() => {
    if (toast.value === text) toast.value = null;
  }, 5_000);
}

function post<T>(path: string, body: Readonly<Record<string, unknown>>): Promise<T> {
  return call<T>("POST", `/queue/api/${path}`, { body: { shard: shard.value, ...body } });
}

// Words and numbers of the page on the queue: states of lanes, counts that stopped at a cap, ages and countdowns.
import type { LaneState, LaneView, Tally } from "../queue/answers.ts";

/** What a state is called, and what it means. */
export const states: Readonly<Record<LaneState, { readonly label: string; readonly meaning: string }>> = {
  due: { label: "ready", meaning: "Claimable now; waits for a worker." },
  leased: { label: "leased", meaning: "A worker has it, until its lease ends." },
  backing_off: { label: "backing off", meaning: "A try failed; it is tried again later." },
  resting: { label: "quiet", meaning: "Waits for the burst to end, or for a status of the provider." },
  expired: { label: "lost", meaning: "Its worker did not come back; the next claim takes it up." },
  parked: { label: "parked", meaning: "A pause keeps it back." },
  idle: { label: "idle", meaning: "Nothing waits in it." },
};

const stretches: Readonly<Record<string, string>> = {
  due: "due",
  resting: "later",
  backing_off: "later",
  leased: "leased",
  expired: "leased",
  parked: "parked",
  waiting: "waiting",
};
const number = new Intl.NumberFormat("en");

/** A count of a tally, with a + when there is more than was counted. */
export function count(tally: Tally, name: keyof typeof stretches & keyof Tally): string {
  const value = Number(tally[name]);
  return `${number.format(value)}${value > 0 && tally.more.includes(stretches[name] ?? "") ? "+" : ""}`;
}

/** 12,345, or 10,000+ when a count has reached its cap. */
export function capped(value: number, cap: number): string {
  return value > cap ? `${number.format(cap)}+` : number.format(value);
}

/** 0.4 s, 12 s, 3 min, 2 h, 5 d */
export function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129_600 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** How long ago a time is; a dash for none. */
export function age(at: string | null, now: number): string {
  return at === null ? "–" : span(now - Date.parse(at));
}

/** What there is to say about when: the end of a lease, the next try, since when it could be had. */
export function when({ state, at, tries }: Pick<LaneView, "state" | "at" | "tries">, now: number): string {
  const left = Date.parse(at) - now;
  switch (state) {
    case "leased":
      return left > 0 ? `${span(left)} left` : "lease ends";
    case "backing_off":
      return left > 0 ? `try ${tries + 1} in ${span(left)}` : `try ${tries + 1} now`;
    case "resting":
      return left > 0 ? `ready in ${span(left)}` : "ready now";
    case "due":
      return `for ${span(-left)}`;
    case "expired":
      return `ended ${span(-left)} ago`;
    default:
      return "";
  }
}

/** The beginning of an id, enough for the eye. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** The code and the words of an error, whatever it looks like. */
export function errorWords(error: unknown): { readonly code: string; readonly message: string } {
  const fields: Readonly<Record<string, unknown>> = typeof error === "object" && error !== null ? { ...error } : {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return { code: text(fields.code) || "unknown", message: text(fields.message) };
}

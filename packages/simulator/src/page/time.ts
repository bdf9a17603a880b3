// Dates and durations as people read them.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

/** 14:05 */
export function clockTime(at: Date): string {
  return clock.format(at);
}

/** 14:05:09.123 */
export function exactTime(at: Date): string {
  const pad = (value: number, length = 2) => String(value).padStart(length, "0");
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}

/** Today, Yesterday, or Monday, 5 March */
export function dayName(at: Date, now = new Date()): string {
  const age = startOfDay(now) - startOfDay(at);
  if (age === 0) return "Today";
  if (age > 0 && age < 1.5 * 86_400_000) return "Yesterday";
  return day.format(at);
}

/** The time for today, else the day: as a list of chats shows it. */
export function listTime(at: Date, now = new Date()): string {
  return startOfDay(now) === startOfDay(at) ? clockTime(at) : shortDay.format(at);
}

/** 26 ms, 1.24 s, 2 min 5 s */
export function duration(ms: number): string {
  if (Math.abs(ms) < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

function startOfDay(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

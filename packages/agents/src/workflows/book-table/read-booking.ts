// Reads what a customer says of a table: how many, which day, what time. Rules, no language model; what is found is shown
// to the customer before anything is booked.
import { findPhrase, normalise, words } from "../../models/text.ts";
import { type BookingWords, bookingWords, wordsOf } from "./words.ts";

/** What was found. */
export interface BookingParts {
  readonly partySize?: number;
  /** ISO 8601, such as 2026-11-21. */
  readonly day?: string;
  /** Such as 19:30. */
  readonly time?: string;
}

/** How to read. */
export interface Reading {
  /** Code of the language; English is understood besides. */
  readonly language: string;
  /** The day and time it is, in UTC. */
  readonly now: Date;
  /** What was just asked for: a bare number is that. */
  readonly asked?: "party" | "time" | undefined;
}

/** Whether words of any language begin a booking: "I'd like to book a table". */
export function wantsTable(text: string): boolean {
  const tokens = words(text);
  const any = (phrasesOf: (known: BookingWords) => readonly string[]) =>
    Object.values(bookingWords).some((known) => findPhrase(tokens, phrasesOf(known)) !== undefined);
  return any(({ intents }) => intents) && !any(({ cancels }) => cancels.filter((phrase) => phrase.length > 4));
}

/** Whether a text is, as a whole, one of these phrases. */
export function isPhrase(text: string, phrases: readonly string[]): boolean {
  return phrases.includes(words(text).join(" "));
}

/** Reads one message. */
export function readBooking(text: string, { language, now, asked }: Reading): BookingParts {
  const known = language === "en" ? [wordsOf("en")] : [wordsOf(language), wordsOf("en")];
  let rest = normalise(text);
  const take = <T>(patterns: readonly RegExp[], read: (match: RegExpMatchArray) => T | undefined): T | undefined => {
    for (const pattern of patterns) {
      const match = rest.match(pattern);
      const found = match ? read(match) : undefined;
      if (match === null || found === undefined) continue;
      rest = rest.replace(match[0], " ");
      return found;
    }
    return undefined;
  };
  const day = known.map((one) => takeDay(one, now, take)).find((found) => found !== undefined);
  const time = known.map((one) => takeTime(one, asked === "time", take)).find((found) => found !== undefined);
  const partySize = known.map((one) => takeParty(one, asked === "party", take)).find((found) => found !== undefined);
  return {
    ...(partySize === undefined ? {} : { partySize }),
    ...(day === undefined ? {} : { day }),
    ...(time === undefined ? {} : { time }),
  };
}

type Take = <T>(patterns: readonly RegExp[], read: (match: RegExpMatchArray) => T | undefined) => T | undefined;

function takeDay(known: BookingWords, now: Date, take: Take): string | undefined {
  const months = known.months.flat().join("|");
  const monthOf = (word = "") => known.months.findIndex((names) => names.includes(word)) + 1;
  const weekdays = known.weekdays.flat().join("|");
  return (
    take([/\b(\d{4})-(\d{2})-(\d{2})\b/], ([, y, m, d]) => dayOf(now, Number(d), Number(m), Number(y))) ??
    take([/\b(\d{1,2})\.(\d{1,2})\.(\d{4})?/, /\b(\d{1,2})\/(\d{1,2})(?:\/(\d{4}))?\b/], ([, d, m, y]) =>
      dayOf(now, Number(d), Number(m), y === undefined ? undefined : Number(y)),
    ) ??
    take([new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th|\\.)?\\s+(?:of\\s+|de\\s+)?(${months})\\b`)], ([, d, month]) =>
      dayOf(now, Number(d), monthOf(month)),
    ) ??
    take([new RegExp(`\\b(${months})\\s+(?:the\\s+)?(\\d{1,2})(?:st|nd|rd|th)?\\b`)], ([, month, d]) =>
      dayOf(now, Number(d), monthOf(month)),
    ) ??
    take([phrase(known.dayAfter)], () => later(now, 2)) ??
    take([phrase(known.tomorrow)], () => later(now, 1)) ??
    take([phrase(known.today)], () => later(now, 0)) ??
    take([new RegExp(`\\b(${weekdays})\\b`)], ([, word = ""]) => {
      const ahead = (known.weekdays.findIndex((names) => names.includes(word)) - now.getUTCDay() + 7) % 7;
      return later(now, ahead === 0 ? 7 : ahead);
    })
  );
}

function takeTime(known: BookingWords, isAsked: boolean, take: Take): string | undefined {
  const numbers = known.numbers.join("|");
  const before = phrase(known.timeBefore).source;
  const guests = `(?!\\s*(?:${known.partyAfter.join("|")}|\\d))`;
  const read = ([, hours = "", minutes = "0", half]: RegExpMatchArray) =>
    timeOf(numberOf(known, hours), Number(minutes), half);
  return (
    take([/\b(\d{1,2})[:.h](\d{2})\s*(am|pm|a\.m\.|p\.m\.|uhr|h)?\b/], read) ??
    take([/\b(\d{1,2})(?:\s*)()(am|pm|a\.m\.|p\.m\.|uhr|h)\b/], read) ??
    take([new RegExp(`${before}\\s+(\\d{1,2}|${numbers})\\b()()${guests}`)], read) ??
    (isAsked ? take([new RegExp(`\\b(\\d{1,2}|${numbers})\\b()()${guests}`)], read) : undefined)
  );
}

function takeParty(known: BookingWords, isAsked: boolean, take: Take): number | undefined {
  const number = `(\\d{1,3}|${known.numbers.join("|")})`;
  const read = ([, word = ""]: RegExpMatchArray) => numberOf(known, word);
  return take(
    [
      new RegExp(`\\b${number}\\s+(?:${known.partyAfter.join("|")})\\b`),
      new RegExp(`\\b(?:${known.partyBefore.join("|")})\\s+${number}\\b`),
      ...(isAsked ? [new RegExp(`(?<![\\d-])\\b${number}\\b`), /-\d+/] : []),
    ],
    (match) => (match[0].startsWith("-") ? 0 : read(match)),
  );
}

function phrase(phrases: readonly string[]): RegExp {
  return new RegExp(`\\b(?:${phrases.toSorted((a, b) => b.length - a.length).join("|")})\\b`);
}

function numberOf(known: BookingWords, word: string): number {
  const index = known.numbers.indexOf(word);
  return index === -1 ? Number(word) : index + 1;
}

/** A table is for the day or the evening: 8 is 20:00 unless somebody says otherwise. */
function timeOf(hours: number, minutes: number, half: string | undefined): string | undefined {
  if (!(hours <= 24 && minutes < 60)) return undefined;
  const isMorning = half?.startsWith("a") === true;
  const isEvening = half?.startsWith("p") === true || (!isMorning && hours >= 1 && hours <= 10);
  const hour = (isEvening && hours < 12 ? hours + 12 : isMorning && hours === 12 ? 0 : hours) % 24;
  return `${String(hour).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}

function later(now: Date, days: number): string {
  return new Date(now.getTime() + days * DAY_MS).toISOString().slice(0, 10);
}

const DAY_MS = 86_400_000;

/** The next such day; without a year, this year's or next year's. */
function dayOf(now: Date, day: number, month: number, year?: number): string | undefined {
  const today = later(now, 0);
  const iso = (y: number) => {
    const date = new Date(Date.UTC(y, month - 1, day));
    return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : undefined;
  };
  if (year !== undefined) return iso(year);
  const thisYear = iso(now.getUTCFullYear());
  return thisYear !== undefined && thisYear < today ? iso(now.getUTCFullYear() + 1) : thisYear;
}

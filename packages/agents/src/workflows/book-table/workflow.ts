// Books a table in the chat: how many, when, is that right. Offered where the business says so in its knowledge base, with an
// article such as "You can book a table for up to 12 people right here in this chat". Days and times are read as UTC.
import type { AgentTurn } from "@switchboard/commons/agent-contract.ts";
import type { Json } from "@switchboard/commons/json.ts";
import type { OutboundContent } from "@switchboard/commons/outbound.ts";
import { z } from "zod";
import type { AgentContext } from "../../define-agent.ts";
import { readBurst } from "../../models/burst.ts";
import { fill } from "../../models/text.ts";
import { defineWorkflow, type StepContext, type StepResult } from "../define-workflow.ts";
import { isPhrase, readBooking, wantsTable } from "./read-booking.ts";
import { type BookingSentences, wordsOf } from "./words.ts";

/** How far ahead a table can be booked. */
const MOST_DAYS = 90;
/** The sentence of an article that offers bookings in the chat, with the size of the largest table. */
const OFFER = /table for up to (\d{1,3}) (?:people|guests)[^.]*\bin this chat\b/i;
/** Ids of the buttons under the summary. */
const BUTTONS = { yes: "book_table:yes", change: "book_table:change", cancel: "book_table:cancel" } as const;

const booking = z.object({
  language: z.string(),
  /** The size of the largest table. */
  limit: z.number().int().min(1),
  partySize: z.number().int().optional(),
  day: z.iso.date().optional(),
  time: z.string().optional(),
  bookingNumber: z.string().optional(),
});
type Booking = z.output<typeof booking>;
type StepName = "partySize" | "date" | "confirm" | "book";
type Context = StepContext<Booking>;
type Result = StepResult<Booking, StepName>;

/** Book a table: party size, date and time, confirmation, booking number. */
export const bookTable = defineWorkflow({
  name: "book_table",
  state: booking,
  first: "partySize",
  timeoutS: 30 * 60,
  begin,
  isCancelled: (turn, { language }) =>
    turn.messages.some(
      ({ text, content }) => isPhrase(text, wordsOf(language).cancels) || holds(content, BUTTONS.cancel),
    ) || turn.messages.some(({ text }) => isPhrase(text, wordsOf("en").cancels)),
  say: {
    cancelled: (state) => [text(say(state, "cancelled"))],
    timedOut: (state) => [text(say(state, "timedOut"))],
    reminder: (state, step) => [question(state, step)],
  },
  steps: {
    partySize(context): Result {
      const state = heard(context, "party");
      const trouble = partyTrouble(state);
      if (trouble !== undefined)
        return { do: "wait", state: { ...state, partySize: undefined }, replies: [text(trouble)] };
      if (state.partySize !== undefined) return { do: "go", to: "date", state };
      return listenOn(context, state, "partySize");
    },
    date(context): Result {
      const state = heard(context, context.state.day === undefined ? undefined : "time");
      if (partyTrouble(state) !== undefined) return { do: "go", to: "partySize", state };
      const trouble = dayTrouble(state, now(context.turn));
      if (trouble !== undefined)
        return { do: "wait", state: { ...state, day: undefined, time: undefined }, replies: [text(trouble)] };
      if (state.day !== undefined && state.time !== undefined) return { do: "go", to: "confirm", state };
      return listenOn(context, state, "date");
    },
    confirm(context): Result {
      if (context.input === "enter") return { do: "wait", replies: [question(context.state, "confirm")] };
      const state = heard(context, undefined);
      // What was corrected goes through the checks again, and is shown again.
      if (hasChanged(context.state, state)) return { do: "go", to: "partySize", state };
      const words = wordsOf(state.language);
      const said = (phrases: readonly string[], id: string) =>
        context.turn.messages.some(({ text: one, content }) => isPhrase(one, phrases) || holds(content, id));
      if (said([...words.changes, ...wordsOf("en").changes], BUTTONS.change))
        return { do: "wait", replies: [text(say(state, "askChange"))] };
      if (said([...words.yes, ...wordsOf("en").yes], BUTTONS.yes)) return { do: "go", to: "book" };
      return listenOn(context, state, "confirm");
    },
    async book({ state, idempotencyKey }): Promise<Result> {
      const booked = { ...state, bookingNumber: await bookingNumber(idempotencyKey) };
      return { do: "end", as: "completed", state: booked, replies: [text(say(booked, "booked"))] };
    },
  },
});

async function begin(turn: AgentTurn, context: AgentContext): Promise<Booking | undefined> {
  if (!turn.messages.some(({ text: one }) => wantsTable(one)) || wantsPerson(turn)) return undefined;
  const articles = await context.searchKnowledge("book table reservation chat", 8);
  const limit = articles.map(({ body }) => OFFER.exec(body)?.[1]).find((found) => found !== undefined);
  if (limit === undefined) return undefined;
  const empty = { language: readBurst(turn).language.code, limit: Number(limit) };
  return read(turn, empty, undefined);
}

/** What the customer's words make of the state; nothing changes when the workflow only came to the step. */
function heard({ input, turn, state }: Context, asked: "party" | "time" | undefined): Booking {
  return input === "reply" ? read(turn, state, asked) : state;
}

function read(turn: AgentTurn, state: Booking, asked: "party" | "time" | undefined): Booking {
  const { language } = state;
  const parts = turn.messages.map(({ text: one, at }) => readBooking(one, { language, now: new Date(at), asked }));
  // Of what was said twice, the last counts.
  return Object.assign({}, state, ...parts);
}

/** Nothing new was said: the question again, or it was about something else, which somebody else answers. */
function listenOn({ input, turn, state: before }: Context, state: Booking, step: StepName): Result {
  const ask = question(state, step);
  if (input === "enter" || hasChanged(before, state)) return { do: "wait", state, replies: [ask] };
  if (wantsPerson(turn)) return { do: "pass" };
  if (readBurst(turn).questions.some(({ asks }) => asks))
    return { do: "pass", nudge: fill(wordsOf(state.language).say.nudge, { question: ask.text }) };
  return { do: "wait", state, replies: [{ ...ask, text: `${say(state, "notUnderstood")} ${ask.text}` }] };
}

function hasChanged(before: Booking, after: Booking): boolean {
  return before.partySize !== after.partySize || before.day !== after.day || before.time !== after.time;
}

function wantsPerson(turn: AgentTurn): boolean {
  const { signs } = readBurst(turn);
  return signs.has("person") || signs.has("complaint");
}

/** The question of a step, as far as it is still open. */
function question(state: Booking, step: StepName): Extract<OutboundContent, { type: "text" | "buttons" }> {
  const words = wordsOf(state.language).say;
  if (step === "confirm" || step === "book")
    return {
      type: "buttons",
      text: say(state, "confirm"),
      buttons: [
        { id: BUTTONS.yes, title: words.yes },
        { id: BUTTONS.change, title: words.change },
        { id: BUTTONS.cancel, title: words.cancel },
      ],
    };
  if (step === "partySize") return text(words.askParty);
  return text(say(state, state.day === undefined ? "askDay" : "askTime"));
}

function text(sentence: string): Extract<OutboundContent, { type: "text" }> {
  return { type: "text", text: sentence };
}

function partyTrouble(state: Booking): string | undefined {
  if (state.partySize === undefined) return undefined;
  if (state.partySize < 1) return say(state, "tooFew");
  return state.partySize > state.limit ? say(state, "tooMany") : undefined;
}

function dayTrouble(state: Booking, at: Date): string | undefined {
  if (state.day === undefined) return undefined;
  const end = Date.parse(`${state.day}T${state.time ?? "23:59"}:00Z`);
  if (end < at.getTime()) return say(state, "pastDay");
  return end > at.getTime() + MOST_DAYS * 86_400_000 ? say(state, "farDay") : undefined;
}

function now(turn: AgentTurn): Date {
  return new Date(turn.messages.at(-1)?.at ?? Date.now());
}

function say(state: Booking, sentence: keyof BookingSentences): string {
  const { locale, say: sentences } = wordsOf(state.language);
  const day =
    state.day === undefined
      ? ""
      : new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" }).format(
          new Date(`${state.day}T12:00:00Z`),
        );
  return fill(sentences[sentence], {
    party: String(state.partySize ?? ""),
    limit: String(state.limit),
    days: String(MOST_DAYS),
    time: state.time ?? "",
    number: state.bookingNumber ?? "",
    day,
  })
    .replace(/\s+([.,?!])/g, "$1")
    .replace(/^, /, "");
}

/** The number of a booking: the same for every try of the step that books. */
async function bookingNumber(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; // without I, O, 0 and 1
  return `T-${[...new Uint8Array(digest).slice(0, 6)].map((byte) => letters[byte % letters.length]).join("")}`;
}

/** Providers put the id of a pressed button at different depths of the content. */
function holds(content: Json | undefined, id: string, depth = 0): boolean {
  if (typeof content !== "object" || content === null || depth > 4) return false;
  return Object.entries(content).some(
    ([key, value]) => ((key === "id" || key === "payload") && value === id) || holds(value, id, depth + 1),
  );
}

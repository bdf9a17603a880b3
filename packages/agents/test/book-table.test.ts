// Booking a table with the demo's knowledge base: what is said, what is asked, what is booked.
import { describe, expect, test } from "vitest";
import { concierge } from "../src/agents/concierge.ts";
import { runTurn } from "../src/run-turn.ts";
import { readBooking } from "../src/workflows/book-table/read-booking.ts";
import { bookTable } from "../src/workflows/book-table/workflow.ts";
import { contextOf, demoSearch, turnOf } from "./support.ts";
import { deskOf } from "./workflow-desk.ts";

// The turns of these tests are of Friday, 20 November 2026, 10:00 UTC.
const desk = () => deskOf([bookTable]);

describe("book a table", () => {
  test("asks for what is missing, shows everything, and gives a booking number", async () => {
    const one = desk();
    expect(await one.says("Hi, I'd like to book a table")).toContain("how many people");
    expect(await one.says("four")).toBe("A table for 4. For which day and at what time?");
    expect(await one.says("tomorrow")).toBe("A table for 4 on Saturday 21 November. At what time?");
    expect(await one.says("8")).toBe("A table for 4 on Saturday 21 November at 20:00. Shall I book it?");
    expect(await one.says("yes please")).toMatch(
      /^Your table for 4 on Saturday 21 November at 20:00 is booked.* T-[A-Z2-9]{6}\./,
    );
    expect(one.steps.at(-1)).toMatchObject({
      status: "completed",
      step: "book",
      state: { partySize: 4, day: "2026-11-21", time: "20:00", bookingNumber: expect.stringMatching(/^T-/) },
    });
  });

  test("asks nothing that was said already, and writes down each step that it passed", async () => {
    const one = desk();
    expect(await one.says("a table for 4 tomorrow at 8")).toContain("Shall I book it?");
    expect(one.steps.map(({ step, status }) => `${step} ${status}`)).toEqual([
      "date running",
      "confirm running",
      "confirm waiting",
    ]);
    const { answer } = await one.tries("hm");
    expect(answer.replies).toMatchObject([
      { type: "buttons", buttons: [{ title: "Yes, book it" }, { title: "Change it" }, { title: "Cancel" }] },
    ]);
  });

  test("takes a burst as one wish, the last word counting", async () => {
    expect(await desk().says("a table for 4 tomorrow at 8", "sorry, for 5")).toContain(
      "A table for 5 on Saturday 21 November at 20:00",
    );
  });

  test("explains what does not go", async () => {
    const one = desk();
    expect(await one.says("table for 30 tomorrow at 8pm")).toContain("We seat up to 12");
    expect(await one.says("then for 12")).toContain("A table for 12 on Saturday");
    expect(await one.says("make it 40")).toContain("We seat up to 12");
    expect(await one.says("0")).toContain("at least one guest");
    expect(await one.says("6")).toContain("A table for 6 on Saturday");
    expect(await one.says("on 2026-11-19 at 8 pm")).toContain("is over already");
    expect(await one.says("on 1 October")).toContain("up to 90 days ahead");
    expect(await one.says("friday at 19:30")).toContain("A table for 6 on Friday 27 November at 19:30");
  });

  test("lets the customer change everything before it is booked", async () => {
    const one = desk();
    await one.says("a table for 4 tomorrow at 8");
    expect(
      await one.says({
        type: "interactive",
        text: "Change it",
        content: { button_reply: { id: "book_table:change" } },
      }),
    ).toContain("What shall I change");
    expect(await one.says("we are 5")).toContain("A table for 5 on Saturday 21 November at 20:00");
    expect(await one.says("at 7:30")).toContain("at 19:30");
    expect(await one.says({ type: "interactive", text: "Yes, book it", content: { id: "book_table:yes" } })).toContain(
      "is booked",
    );
  });

  test.each(["cancel", "Stop booking!", "never mind"])("ends at %j", async (words) => {
    const one = desk();
    await one.says("a table for 4 tomorrow at 8");
    expect(await one.says(words)).toContain("not booked anything");
    expect(one.steps.at(-1)?.status).toBe("cancelled");
    expect(one.open).toEqual([]);
  });

  test("ends by itself when nobody answers", async () => {
    const one = desk();
    await one.says("a table for 4");
    expect(await one.rings("timeout")).toContain("not heard from you");
    expect(one.steps.at(-1)?.status).toBe("timed_out");
  });

  test.each([
    [
      "Ich möchte einen Tisch für vier Personen morgen um 20 Uhr reservieren",
      "Ein Tisch für 4 am Samstag, 21. November um 20:00 Uhr",
      "ja",
      "ist reserviert",
    ],
    [
      "Quiero reservar una mesa para 4 personas mañana a las 9",
      "Una mesa para 4 el sábado, 21 de noviembre a las 21:00",
      "sí",
      "está reservada",
    ],
    [
      "Quero reservar uma mesa para duas pessoas amanhã às 20h",
      "Uma mesa para 2 em sábado, 21 de novembro às 20:00",
      "sim",
      "está reservada",
    ],
  ])("speaks the customer's language: %s", async (wish, summary, yes, booked) => {
    const one = desk();
    expect(await one.says(wish)).toContain(summary);
    expect(await one.says(yes)).toContain(booked);
  });

  test("answers a question in between, and comes back to the table", async () => {
    const one = desk();
    await one.says("a table for 4");
    const runtime = { searchKnowledge: demoSearch };
    const turn = turnOf(["do you have parking?"], { workflows: [...one.open] });
    const { signal, log } = contextOf();
    const answer = await runTurn(concierge, turn, { runtime, signal, log });
    expect(JSON.stringify(answer.replies)).toContain("parking spaces");
    expect(answer.replies.at(-1)).toEqual({
      type: "text",
      text: "And your table? A table for 4. For which day and at what time?",
    });
    expect(answer.workflows).toBeUndefined();
  });

  test("hands over to a person without asking on", async () => {
    const one = desk();
    await one.says("a table for 4");
    expect(await one.tries("I want to talk to a person")).toMatchObject({ open: true, answer: { replies: [] } });
  });

  test.each(["are you open on sunday?", "do you have a table tennis?", "cancel my booking of a table for 4"])(
    "is not begun by %j",
    async (words) => {
      expect(await desk().tries(words)).toMatchObject({ open: true, answer: { workflows: [] } });
    },
  );

  test("is not offered by a business that does not say so", async () => {
    const other = deskOf(
      [bookTable],
      contextOf(async () => []),
    );
    expect(await other.tries("a table for 4 tomorrow at 8")).toMatchObject({ open: true, answer: { workflows: [] } });
  });

  test("gives the same number on every try", async () => {
    const one = desk();
    await one.says("a table for 4 tomorrow at 8");
    expect(await one.tries("yes")).toEqual(await one.tries("yes"));
  });
});

describe("reading a booking", () => {
  const now = new Date("2026-11-20T10:00:00Z");
  test.each([
    ["4 people on 21/11 at 7.30pm", { partySize: 4, day: "2026-11-21", time: "19:30" }],
    ["party of six on the 24th of December", { partySize: 6, day: "2026-12-24" }],
    ["december 3rd, noon-ish, 12:15 for two", { partySize: 2, day: "2026-12-03", time: "12:15" }],
    ["day after tomorrow at eight for three", { partySize: 3, day: "2026-11-22", time: "20:00" }],
    ["breakfast for 2 on monday at 9 am", { partySize: 2, day: "2026-11-23", time: "09:00" }],
    ["2 January", { day: "2027-01-02" }],
    ["31 February", {}],
    ["hello", {}],
  ])("%s", (words, parts) => {
    expect(readBooking(words, { language: "en", now })).toEqual(parts);
  });
});

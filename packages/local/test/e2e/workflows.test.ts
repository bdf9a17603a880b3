// A table is booked on the phone while programs die: the runner and the agents in the middle of a step, between two steps, and
// while the customer corrects themselves. Each question reaches the phone once, and the booking goes on where it stood.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type E2e, report, startE2e, waitFor } from "./e2e.ts";
import { readConversations } from "./ledger.ts";
import type { PhoneMessage } from "./simulator.ts";

let e2e: E2e;

beforeAll(async () => {
  const env = { QUEUE_LEASE_SECONDS: "2" };
  e2e = await startE2e({ name: "workflows", base: 29600, env });
  await e2e.sql("update public.tenants set burst_quiet_ms = 300, burst_long_quiet_ms = 300, burst_max_wait_ms = 60000");
});
afterAll(() => e2e?.close());

describe("booking a table", () => {
  test("from the wish to the number, with a tap on the button", async () => {
    const phone = "15556100001";
    await say(phone, "Hi! I'd like to book a table", /how many people/);
    await say(phone, "4", /which day/);
    await say(phone, "tomorrow at 8", /table for 4 on .* at 20:00\. Shall I book it\?/);
    const [summary] = (await answers(phone)).slice(-1);
    expect(summary?.type).toBe("interactive");
    await tap(phone, "book_table:yes");
    const booked = await hears(phone, /booking number is (T-[A-Z2-9]{6})/);
    const [row] = await workflows(phone);
    expect(row).toMatchObject({ workflow: "book_table", status: "completed", step: "book" });
    expect(booked.text).toContain(String(row?.state.bookingNumber));
    const health = await e2e.sql("select workflow, status, stuck from app.workflow_health");
    expect(health).toContainEqual({ workflow: "book_table", status: "completed", stuck: 0 });
    await settled(phone, 4);
  });

  test("goes on after the runner and the agents died between two steps", async () => {
    const phone = "15556100002";
    await say(phone, "a table for 4", /which day/);
    await Promise.all(programs().map((program) => program.kill()));
    await e2e.simulator.write(phone, "tomorrow at 8");
    await Promise.all(programs().map((program) => program.start()));
    await hears(phone, /table for 4 on .* at 20:00/);
    await say(phone, "yes", /booking number/);
    await settled(phone, 3);
  });

  test("asks once when both died in the middle of a step", async () => {
    const phone = "15556100003";
    await say(phone, "a table for 4", /which day/);
    for (const agent of agents()) await agent.kill("SIGSTOP"); // the step lasts as long as the test wants
    await e2e.simulator.write(phone, "tomorrow at 8");
    await waitFor("the step is at work", async () => {
      const [conversation] = await readConversations(e2e.sql, [phone]);
      return conversation?.turns.at(-1)?.status === "working";
    });
    expect((await workflows(phone))[0]).toMatchObject({ step: "date", status: "waiting" });
    await Promise.all(programs().map((program) => program.kill("SIGKILL")));
    await Promise.all(programs().map((program) => program.start()));
    await hears(phone, /table for 4 on .* at 20:00/);
    await say(phone, "yes", /booking number/);
    const conversation = await settled(phone, 3);
    report("workflows", { tries: conversation.turns.map(({ tries }) => tries).join("+") });
  });

  test("takes a correction that comes while the agent works, and shows one summary", async () => {
    const phone = "15556100004";
    await say(phone, "a table for 4 tomorrow", /What time|what time/);
    for (const agent of agents()) await agent.kill("SIGSTOP");
    await e2e.simulator.write(phone, "at 9");
    await waitFor("the step is at work", async () => {
      const [conversation] = await readConversations(e2e.sql, [phone]);
      return conversation?.turns.at(-1)?.status === "working";
    });
    await e2e.simulator.write(phone, "no, at 7");
    await waitFor("the answer is out of date", async () => {
      const [turn] = await e2e.sql("select max(superseded) as most from app.turns");
      return Number(turn?.most) > 0;
    });
    for (const agent of agents()) await agent.kill("SIGCONT");
    await hears(phone, /table for 4 on .* at 19:00/);
    const conversation = await settled(phone, 2);
    expect(conversation.outbound.filter(({ body }) => body.includes("Shall I book it?"))).toHaveLength(1);
  });

  test("ends by itself when the customer does not come back", async () => {
    const phone = "15556100005";
    await say(phone, "a table for 4", /which day/);
    await e2e.sql(
      `update app.queue_scheduled s set run_at = now()
         from app.workflow_states w where s.idempotency_key = w.timer_key and w.conversation_id = (${CONVERSATION})`,
      [phone],
    );
    await hears(phone, /not heard from you/);
    expect((await workflows(phone))[0]).toMatchObject({ status: "timed_out", wake_at: null });
    await settled(phone, 2);
  });

  test("left nothing stuck, nothing dead, nothing sent twice", async () => {
    expect(await e2e.sql("select * from app.workflow_health where stuck > 0")).toEqual([]);
    expect(await e2e.sql("select * from app.queue_dead_letter")).toEqual([]);
    expect((await e2e.simulator.stats()).duplicateSends).toBe(0);
  });
});

const CONVERSATION = `select c.id from public.conversations c join public.contact_identities i on i.contact_id = c.contact_id
                       where i.kind = 'phone' and i.value = $1`;

function agents() {
  return [...e2e.stack.programs.values()].filter(({ name }) => name.startsWith("agent-"));
}

function programs() {
  return [e2e.stack.program("runner"), ...agents()];
}

async function answers(phone: string): Promise<PhoneMessage[]> {
  return (await e2e.simulator.thread(phone)).filter(({ direction }) => direction === "out");
}

/** Waits for an answer that fits, as the last one on the phone. */
async function hears(phone: string, words: RegExp): Promise<PhoneMessage> {
  return await waitFor(`the phone shows ${words}`, async () => {
    const last = (await answers(phone)).at(-1);
    return last !== undefined && words.test(textOf(last)) ? { ...last, text: textOf(last) } : undefined;
  });
}

/** The text of an answer, of one with buttons too. */
function textOf(
  message: PhoneMessage & { readonly interactive?: { readonly body?: { readonly text?: string } } },
): string {
  return message.text ?? JSON.stringify(message);
}

async function say(phone: string, text: string, expected: RegExp): Promise<void> {
  await e2e.simulator.write(phone, text);
  await hears(phone, expected);
}

async function tap(phone: string, id: string): Promise<void> {
  const answer = await fetch(`${e2e.stack.urls.simulator}/phones/${phone}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "button", id }),
  });
  expect(answer.status).toBe(201);
}

async function workflows(phone: string) {
  return await e2e.sql<{
    workflow: string;
    step: string;
    status: string;
    state: Record<string, unknown>;
    wake_at: string | null;
  }>(
    `select workflow, step, status, state, wake_at from app.workflow_states where conversation_id = (${CONVERSATION})`,
    [phone],
  );
}

/** The conversation once all its turns are answered: so many, an answer on the phone for each. */
async function settled(phone: string, turns: number) {
  const conversation = await waitFor(`${turns} turns are answered and have arrived`, async () => {
    const [one] = await readConversations(e2e.sql, [phone]);
    const isSettled = one?.turns.length === turns && one.turns.every(({ status }) => status === "answered");
    return isSettled && one.outbound.every(({ status }) => ["SENT", "DELIVERED", "READ"].includes(status))
      ? one
      : undefined;
  });
  expect(conversation.turns.map(({ replies }) => replies)).toEqual(Array.from({ length: turns }, () => 1));
  expect((await answers(phone)).map(({ biz_opaque_callback_data: id }) => id)).toEqual(
    conversation.outbound.map(({ id }) => id),
  );
  return conversation;
}

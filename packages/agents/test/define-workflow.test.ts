// Workflows in general: what a step may answer, what is committed for it, and what a second try gets.
import type { OpenWorkflow } from "@switchboard/commons/agent-contract.ts";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineWorkflow, type StepContext } from "../src/workflows/define-workflow.ts";
import { runWorkflows } from "../src/workflows/run-workflows.ts";
import { contextOf, turnOf } from "./support.ts";
import { deskOf } from "./workflow-desk.ts";

const text = (words: string) => ({ type: "text" as const, text: words });

/** Asks for a word, pays in a turn of its own, ends. `keys`: what the payment was called with. */
function orderWorkflow() {
  const keys: string[] = [];
  const state = z.object({ word: z.string().optional(), paid: z.boolean().default(false) });
  type State = z.output<typeof state>;
  const workflow = defineWorkflow({
    name: "order",
    state,
    first: "ask",
    timeoutS: 60,
    remindS: 20,
    begin: async (turn) => (turn.messages.some((one) => one.text === "order") ? { paid: false } : undefined),
    isCancelled: (turn) => turn.messages.some((one) => one.text === "cancel"),
    say: {
      cancelled: () => [text("cancelled")],
      timedOut: (_state, step) => [text(`over at ${step}`)],
      reminder: () => [text("still there?")],
    },
    steps: {
      ask({ input, turn }: StepContext<State>) {
        if (input === "enter") return { do: "wait", replies: [text("which word?")] };
        const word = turn.messages.at(-1)?.text ?? "";
        if (word.endsWith("?")) return { do: "pass", nudge: "and the word?" };
        if (word === "broken") return { do: "fail", code: "no_word", message: "there is no such word" };
        return { do: "commit", to: "pay", state: { word } };
      },
      async pay({ idempotencyKey, state: { word } }: StepContext<State>) {
        keys.push(idempotencyKey);
        return { do: "end", as: "completed", state: { paid: true }, replies: [text(`paid for ${word}`)] };
      },
    },
  });
  return { workflow, keys };
}

describe("a workflow", () => {
  test("asks, commits, acts in a turn of its own, and ends", async () => {
    const desk = deskOf([orderWorkflow().workflow]);
    expect(await desk.says("order")).toBe("which word?");
    expect(await desk.says("tea")).toBe("");
    expect(desk.open).toMatchObject([{ step: "pay", status: "running", version: 2, state: { word: "tea" } }]);
    expect(await desk.rings("continue")).toBe("paid for tea");
    expect(desk.open).toEqual([]);
    expect(desk.steps.map(({ step, status, version }) => [step, status, version])).toEqual([
      ["ask", "waiting", 0],
      ["pay", "running", 1],
      ["pay", "completed", 2],
    ]);
    expect(desk.steps[0]).toMatchObject({ waitSeconds: 60, remindSeconds: 20 });
  });

  test("begun again by a second try of the turn is the same one; by another turn another one", async () => {
    const desk = deskOf([orderWorkflow().workflow]);
    const [first, second] = [await desk.tries("order"), await desk.tries("order")];
    expect(second).toEqual(first);
    await desk.says("order");
    expect(desk.open[0]?.id).toBe(first.answer.workflows?.[0]?.id);
    await desk.says("cancel");
    await desk.says("order");
    expect(desk.open[0]?.id).not.toBe(first.answer.workflows?.[0]?.id);
  });

  test("gives whatever acts the same key on every try of a step, and another one later", async () => {
    const { workflow, keys } = orderWorkflow();
    const desk = deskOf([workflow]);
    await desk.says("order");
    await desk.says("tea");
    const turn = turnOf([], { workflows: desk.open.map((one) => ({ ...one, timer: "continue" as const })) });
    await runWorkflows([workflow], turn, contextOf());
    await runWorkflows([workflow], turn, contextOf());
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toBe(`${desk.open[0]?.id}:pay:2`);
  });

  test("reminds once, then its time is over", async () => {
    const desk = deskOf([orderWorkflow().workflow]);
    await desk.says("order");
    expect(await desk.rings("remind")).toBe("still there?");
    expect(desk.steps.at(-1)?.remindSeconds).toBeUndefined();
    expect(await desk.rings("timeout")).toBe("over at ask");
    expect(desk.steps.at(-1)).toMatchObject({ status: "timed_out" });
  });

  test("leaves what is not for it to somebody else, and says how to come back", async () => {
    const desk = deskOf([orderWorkflow().workflow]);
    await desk.says("order");
    const outcome = await desk.tries("why?");
    expect(outcome).toMatchObject({ open: true, nudge: "and the word?", answer: { replies: [], workflows: [] } });
  });

  test("hears words that come together with the end of its time", async () => {
    const { workflow } = orderWorkflow();
    const desk = deskOf([workflow]);
    await desk.says("order");
    const workflows = desk.open.map((one) => ({ ...one, timer: "timeout" as const }));
    const { answer } = await runWorkflows([workflow], turnOf(["tea"], { workflows }), contextOf());
    expect(answer.workflows).toMatchObject([{ step: "pay", status: "running" }]);
  });

  test("that fails says why", async () => {
    const desk = deskOf([orderWorkflow().workflow]);
    await desk.says("order");
    await desk.says("broken");
    expect(desk.steps.at(-1)).toMatchObject({ status: "failed", error: { code: "no_word" } });
  });

  test("of an older version is given up honestly, and the words are answered by somebody else", async () => {
    const { workflow } = orderWorkflow();
    const old = {
      id: crypto.randomUUID(),
      name: "order",
      step: "gone",
      status: "waiting",
      state: {},
      version: 4,
    } as const;
    const open: OpenWorkflow = { ...old, expiresAt: null, timer: null };
    const outcome = await runWorkflows([workflow], turnOf(["tea"], { workflows: [open] }), contextOf());
    expect(outcome).toMatchObject({
      open: true,
      answer: { replies: [], workflows: [{ status: "failed", version: 4, error: { code: "workflow_outdated" } }] },
    });
  });

  test("that another agent began is left alone", async () => {
    const open = [
      {
        ...{ id: crypto.randomUUID(), name: "other", step: "s", status: "waiting" as const, state: {}, version: 1 },
        expiresAt: null,
        timer: "timeout" as const,
      },
    ];
    const outcome = await runWorkflows([orderWorkflow().workflow], turnOf([], { workflows: open }), contextOf());
    expect(outcome).toMatchObject({ open: false, answer: { replies: [], workflows: [] } });
  });

  test("needs a name that can be stored", () => {
    const { name: _name, ...rest } = { name: "" };
    expect(() => defineWorkflow({ ...rest, name: "Two words" } as never)).toThrow(TypeError);
  });
});

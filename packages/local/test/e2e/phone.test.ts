// A person with a phone in the browser: types, is answered, sees blue ticks, taps a button. The real way: page, signed
// webhook, door, Postgres, runner, agent, Graph API, page.
//
// Pictures of what the person saw lie in SCREENSHOT_DIR, by default <temporary folder>/switchboard-screenshots.
import { mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserAdvice, browserPath, startBrowser } from "./browser.ts";
import { calmBursts, type E2e, report, startE2e, waitFor } from "./e2e.ts";
import { type Conversation, readConversations } from "./ledger.ts";

const ANA = "15550100042"; // on the simulator from the start
const BEN = "15557000001";
const PICTURES = process.env.SCREENSHOT_DIR ?? path.join(os.tmpdir(), "switchboard-screenshots");
const PATIENCE_MS = 120_000;
/** The way of a message through the system, in order. */
const SYSTEM_STEPS = [
  "ingested",
  "claimed",
  "agent_called",
  "answered",
  "outbound_stored",
  "send_prepared",
  "send_started",
  "accepted",
  "status_sent",
  "status_delivered",
  "status_read",
];
if (browserPath === undefined) console.info(`[phone] skipped: ${browserAdvice}`);

describe.skipIf(browserPath === undefined)("a person with a phone", () => {
  let e2e: E2e;
  let browser: Browser | undefined;
  let ana: Page;
  let ben: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    e2e = await startE2e({ name: "phone", base: 29000 });
    await calmBursts(e2e);
    await fetch(`${e2e.stack.urls.simulator}/phones`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ phone: BEN, name: "Ben" }),
    });
    browser = await startBrowser();
    [ana, ben] = await Promise.all([openPhone(ANA), openPhone(BEN)]);
  });
  afterAll(async () => {
    await browser?.close();
    await e2e?.close();
  });

  test("gets exactly one answer to three messages typed in one burst; so does somebody else at the same time", async () => {
    await picture(ana, "1-empty");
    const burst = ["Hi there!", "Do you have vegan dishes?", "And what are your opening hours?"];
    await Promise.all([type(ana, ...burst), type(ben, "Is there parking?")]);
    await bubbles(ana, "in").nth(2).waitFor();
    await picture(ana, "2-sent");
    await Promise.all([ana, ben].map((page) => bubbles(page, "out").first().waitFor({ timeout: PATIENCE_MS })));

    const [first, second] = await settled({ [ANA]: 1, [BEN]: 1 });
    expect(first?.inbound.map(({ body }) => body)).toEqual(burst);
    expect(first?.turns).toEqual([
      expect.objectContaining({ firstSeq: 1, lastSeq: 3, status: "answered", replies: 1 }),
    ]);
    expect(second?.turns).toEqual([expect.objectContaining({ firstSeq: 1, lastSeq: 1, status: "answered" })]);
    expect(await bubbles(ana, "out").count()).toBe(first?.outbound.length);
    const answer = (await bubbles(ana, "out").allInnerTexts()).join("\n").toLowerCase();
    expect(answer).toContain("vegan");
    expect(answer).toMatch(/open|hours/);
    await picture(ana, "3-answered");
    await picture(ben, "4-other-customer");
  });

  test("sees blue ticks, and the business sees that its answer was read", async () => {
    await waitFor("all ticks are blue", async () => {
      const states = await bubbles(ana, "in").evaluateAll((all) => all.map((one) => one.getAttribute("data-status")));
      return states.length === 3 && states.every((state) => state === "read");
    });
    const [conversation] = await settled({ [ANA]: 1 });
    expect(conversation?.outbound.map(({ status }) => status)).toEqual(["READ"]);
  });

  test("sees the way of the last message, step by step", async () => {
    const steps = ana.getByTestId("trace").getByTestId("trace-step");
    const names = await waitFor("the whole way is shown", async () => {
      const seen = await steps.evaluateAll((all) => all.map((step) => step.getAttribute("data-step")));
      return seen.includes("status_read") ? seen : undefined;
    });
    expect(names[0]).toBe("tapped");
    const system = names.filter((name) => name !== null && SYSTEM_STEPS.includes(name));
    expect(system).toEqual(SYSTEM_STEPS);
    await picture(ana, "5-trace");
  });

  test("taps a quick reply and is answered", async () => {
    await type(ana, "Do you have a swimming pool?");
    const button = ana.getByTestId("quick-reply").last();
    await button.waitFor({ timeout: PATIENCE_MS });
    const title = ((await button.textContent()) ?? "").trim();
    await picture(ana, "6-buttons");
    const before = await bubbles(ana, "out").count();
    await button.click();
    await bubbles(ana, "out").nth(before).waitFor({ timeout: PATIENCE_MS });
    const [conversation] = await settled({ [ANA]: 3 });
    expect(conversation?.inbound.at(-1)?.body).toBe(title);
    expect(await bubbles(ana, "out").count()).toBe(conversation?.outbound.length);
    await picture(ana, "7-tapped");
    const [row] = await e2e.sql("select type, content #>> '{type}' as kind from public.messages where body = $1", [
      title,
    ]);
    expect(row).toEqual({ type: "interactive", kind: "button_reply" });
  });

  test("finds both customers in the list, with what was said last, and everything again after a reload", async () => {
    const list = ana.getByTestId("customer-list");
    await list.getByTestId(`customer-${BEN}`).click();
    await waitFor("Ben's chat is open", async () =>
      (await bubbles(ana, "in").allInnerTexts()).join().includes("parking"),
    );
    await ana.reload();
    await list.getByTestId(`customer-${ANA}`).click();
    await waitFor("Ana's chat is whole again", async () => (await bubbles(ana, "in").count()) === 5);
    await picture(ana, "8-narrow", { width: 390, height: 844 });
    await ana.setViewportSize({ width: 1360, height: 900 });
    await ana.emulateMedia({ colorScheme: "dark" });
    await picture(ana, "9-dark");
    expect((await e2e.simulator.stats()).duplicateSends).toBe(0);
  });

  test("meets no error in the browser's console", () => {
    expect(complaints).toEqual([]);
    report("phone", { pictures: PICTURES });
  });

  /** Opens the page with the chat of a customer. */
  async function openPhone(phone: string): Promise<Page> {
    if (browser === undefined) throw new Error("unreachable: the browser has been started");
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText;
      if (reason !== "net::ERR_ABORTED") complaints.push(`failed: ${request.url()} ${reason}`); // a reload breaks them off
    });
    await page.goto(e2e.stack.urls.simulator);
    await page.getByTestId(`customer-${phone}`).click();
    await page.getByTestId("composer").waitFor();
    return page;
  }

  async function type(page: Page, ...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await page.getByTestId("composer").fill(text);
      await page.getByTestId("send").click();
    }
  }

  function bubbles(page: Page, direction: "in" | "out"): Locator {
    return page.locator(`[data-testid="bubble"][data-direction="${direction}"]`);
  }

  async function picture(page: Page, name: string, size?: { width: number; height: number }): Promise<void> {
    if (size !== undefined) await page.setViewportSize(size);
    await page.screenshot({ path: path.join(PICTURES, `${name}.png`), animations: "disabled" });
  }

  /** The conversations once so many turns of each are answered and their replies read. */
  async function settled(turns: Readonly<Record<string, number>>): Promise<Conversation[]> {
    return await waitFor(`the turns are answered and read: ${JSON.stringify(turns)}`, async () => {
      const conversations = await readConversations(e2e.sql, Object.keys(turns));
      const isSettled = conversations.every(
        (one) =>
          one.turns.length >= (turns[one.phone] ?? 0) &&
          one.turns.every(({ status }) => status === "answered") &&
          one.outbound.every(({ status }) => status === "READ"),
      );
      return isSettled ? conversations : undefined;
    });
  }
});

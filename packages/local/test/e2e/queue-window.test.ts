// A person who looks after the queue, in the browser: sees a lane being tried again, then its dead letter, mends what was
// wrong, clicks Replay, and the customer gets the answer. All of it the real way, with an agent that is not there.
//
// Pictures of what the person saw lie in SCREENSHOT_DIR, by default <temporary folder>/switchboard-screenshots.
import { mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserAdvice, browserPath, startBrowser } from "./browser.ts";
import { type E2e, report, startE2e, waitFor } from "./e2e.ts";

const ANA = "15550100042";
const PICTURES = process.env.SCREENSHOT_DIR ?? path.join(os.tmpdir(), "switchboard-screenshots");
const PATIENCE_MS = 120_000;
if (browserPath === undefined) console.info(`[queue window] skipped: ${browserAdvice}`);

describe.skipIf(browserPath === undefined)("a person who looks after the queue", () => {
  let e2e: E2e;
  let browser: Browser | undefined;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    e2e = await startE2e({ name: "queue-window", base: 29450 });
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on("response", async (response) => {
      if (response.status() >= 500)
        complaints.push(`${response.status()} of ${response.url()}: ${await response.text().catch(String)}`);
    });
    page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
  });
  afterAll(async () => {
    await browser?.close();
    await e2e?.close();
  });

  test("comes from the phone, and finds four empty queues and the runner", async () => {
    await page.goto(e2e.stack.urls.simulator);
    await page.getByTestId("queue-link").click();
    await page.getByTestId("queue-board").waitFor();
    expect(await page.locator("[data-testid^=queue-][data-paused]").count()).toBe(4);
    await page.getByTestId("workers").locator("[data-alive=true]").first().waitFor();
    await page.getByText("No dead letters.").waitFor();
  });

  test("sees a message that cannot be answered being tried again, and why, without its text", async () => {
    await pointAgentAt("agent:nobody");
    await e2e.simulator.write(ANA, "Do you have vegan dishes?");
    const lane = page.locator("[data-testid=lane][data-queue=inbound][data-state=backing_off]");
    await lane.waitFor();
    await picture("queue-1-retry");
    await lane.getByRole("button").click();
    const drawer = page.getByTestId("lane-drawer");
    await drawer.getByTestId("lane-error").waitFor();
    expect(await drawer.getByTestId("lane-error").textContent()).toMatch(/\S/);
    expect(await drawer.getByTestId("lane-message").count()).toBe(1);
    expect(await page.content()).not.toContain("vegan");
    await picture("queue-2-lane");
  });

  test("wakes the lane instead of waiting, try after try, until there is a dead letter", async () => {
    const wake = page.getByTestId("lane-drawer").getByTestId("wake");
    const tries = await waitFor("the last try has failed", async () => {
      if (await wake.isEnabled()) await wake.click({ timeout: 1000 }).catch(() => undefined); // it may be leased again
      const [letter] = await e2e.sql<{ tries: number }>("select tries from app.queue_dead_letter");
      return letter?.tries;
    });
    expect(tries).toBe(12);
    await page.keyboard.press("Escape");
    await page.getByTestId("lane-drawer").waitFor({ state: "detached" });
    const letters = page.getByTestId("dead-letter");
    await letters.waitFor();
    expect(await letters.count()).toBe(1);
    await letters.getByRole("button", { name: "Payload" }).click();
    await page.getByTestId("payload").locator("pre").first().waitFor();
    await picture("queue-3-payload");
    await page.keyboard.press("Escape");
    report("queue window", { tries });
  });

  test("pauses the queue, and what is replayed waits until it is resumed", async () => {
    await pointAgentAt("agent:concierge");
    const inbound = page.getByTestId("queue-inbound");
    await inbound.getByRole("button", { name: "Pause the queue inbound" }).click();
    const ask = page.getByTestId("ask");
    await ask.getByRole("button", { name: "Pause" }).click();
    expect(await ask.isVisible()).toBe(true); // nothing without a reason
    await ask.getByLabel("Reason").fill("mending the agent");
    await ask.getByRole("button", { name: "Pause" }).click();
    await page.getByTestId("pauses").getByText("mending the agent").waitFor();

    const before = await answers();
    await page.getByTestId("replay").click();
    await page.locator("[data-testid=lane][data-queue=inbound]").waitFor();
    await page.getByText("No dead letters.").waitFor();
    await picture("queue-4-paused");
    expect(await answers()).toBe(before);

    await inbound.getByRole("button", { name: "Resume the queue inbound" }).click();
    await waitFor("the answer arrives", async () => (await answers()) === before + 1);
    const [answer] = (await e2e.simulator.thread(ANA)).filter(({ direction }) => direction === "out").slice(-1);
    expect(answer?.text?.toLowerCase()).toContain("vegan");
    expect((await e2e.simulator.stats()).duplicateSends).toBe(0);
  });

  test("goes from a lane to the phone of its customer", async () => {
    await pointAgentAt("agent:nobody");
    await e2e.simulator.write(ANA, "Is there parking?");
    const lane = page.locator("[data-testid=lane][data-queue=inbound][data-state=backing_off]");
    await lane.getByRole("button").click();
    await page.getByRole("link", { name: "Phone and trace" }).click();
    await page.locator("[data-testid=bubble][data-direction=in]").last().getByText("Is there parking?").waitFor();
    expect(complaints).toEqual([]);
  });

  /** How many messages of the business have come to the phone. */
  async function answers(): Promise<number> {
    return (await e2e.simulator.thread(ANA)).filter(({ direction }) => direction === "out").length;
  }

  async function pointAgentAt(service: string): Promise<void> {
    await e2e.sql("update public.whatsapp_accounts set agent = $1", [service]);
  }

  async function picture(name: string): Promise<void> {
    await page.screenshot({ path: path.join(PICTURES, `${name}.png`), animations: "disabled" });
  }
});

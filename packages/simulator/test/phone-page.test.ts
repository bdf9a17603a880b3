// The phone page in a browser: it shows every kind of message of the business, and every answer that a customer can tap
// leaves it as the right webhook. Pictures of it lie in SCREENSHOT_DIR when that is set.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ana, type Desk, openDesk, until } from "./desk.ts";

const browserPath = [process.env.CHROMIUM_PATH ?? "", "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (place) => place !== "" && existsSync(place),
);
const other = "15550100099";
const pictures = process.env.SCREENSHOT_DIR;
if (browserPath === undefined) console.info("[phone page] skipped: no Chromium; set CHROMIUM_PATH to one");

describe.skipIf(browserPath === undefined)("the phone page", () => {
  let desk: Desk;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    desk = await openDesk();
    await desk.api("POST", `/phones/${ana}/messages`, { type: "text", text: "hi" });
    browser = await chromium.launch({
      ...(browserPath === undefined ? {} : { executablePath: browserPath }),
      args: ["--disable-dev-shm-usage", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    });
    page = await browser.newPage({ viewport: { width: 1320, height: 1000 } });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(desk.url);
    await page.getByTestId("composer").waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await desk?.close();
  });

  const interactive = (body: Readonly<Record<string, unknown>>) =>
    desk.send({ type: "interactive", interactive: body });
  const shown = (type: string) => page.locator(`[data-testid=bubble][data-direction=out][data-type=${type}]`);
  const last = () => page.locator("[data-testid=bubble]").last();
  const inbound = () => desk.door.messages.at(-1);
  const snap = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `phone-page-${name}.png`) });
  };
  /** What the business gets when the customer does this. */
  const got = async (action: () => Promise<unknown>) => {
    const before = desk.door.messages.length;
    await action();
    await until(() => desk.door.messages.length > before);
    return inbound();
  };
  const attach = (item: string) =>
    got(async () => {
      await page.getByTestId("attach").click();
      await page.getByTestId(item).click();
    });
  /** A file of another customer's, to be sent by the business under its id. */
  const mediaOf = async (kind: string, field = kind) => {
    const received = () =>
      desk.door.messages.findLast((message) => message.from === other && field in message)?.[field];
    await desk.api("POST", `/phones/${other}/messages`, { type: kind });
    await until(() => received() !== undefined);
    return z.object({ id: z.string() }).parse(received()).id;
  };

  it("shows media of every kind", async () => {
    await desk.send({ type: "image", image: { id: await mediaOf("image"), caption: "*Sunset* over the hills" } });
    expect(
      await shown("image")
        .locator("img")
        .evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
    ).toBe(480);
    await desk.send({ type: "audio", audio: { id: await mediaOf("voice", "audio"), voice: true } });
    const sound = shown("audio").locator("audio");
    await until(async () => (await sound.evaluate((element: HTMLAudioElement) => element.duration)) > 1);
    await desk.send({ type: "document", document: { id: await mediaOf("document"), filename: "menu.pdf" } });
    await shown("document").getByText("menu.pdf").waitFor();
    await desk.send({ type: "sticker", sticker: { id: await mediaOf("sticker") } });
    expect(
      await shown("sticker")
        .locator("img")
        .evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
    ).toBe(160);
    await desk.send({
      type: "location",
      location: { latitude: 41.38, longitude: 2.17, name: "Luna Bistro", address: "Barcelona" },
    });
    await shown("location").getByText("Barcelona").waitFor();
    await desk.send({
      type: "contacts",
      contacts: [{ name: { formatted_name: "Ben Hill" }, phones: [{ phone: "+1 555 010 0043" }] }],
    });
    await shown("contacts").getByText("Ben Hill").waitFor();
    await snap("1-media");
  });

  it("shows a template with header, body, footer and buttons, and taps one", async () => {
    const header = { type: "header", parameters: [{ type: "image", image: { id: await mediaOf("image") } }] };
    const body = { type: "body", parameters: ["Ana", "15%"].map((text) => ({ type: "text", text })) };
    const button = (sub_type: string, index: number, parameter: unknown) => ({
      type: "button",
      sub_type,
      index,
      parameters: [parameter],
    });
    await desk.send({
      type: "template",
      template: {
        name: "summer_menu",
        language: { code: "en" },
        components: [
          header,
          body,
          button("quick_reply", 0, { type: "payload", payload: "BOOK" }),
          button("url", 2, { type: "text", text: "july" }),
        ],
      },
    });
    const template = shown("template");
    await template.getByText("Hello Ana! Our summer menu is here, with 15% off all week.").waitFor();
    await template.getByText("Not interested?").waitFor();
    expect(await template.locator("img").count()).toBe(1);
    expect(await page.getByTestId("template-link").getAttribute("href")).toBe("https://luna-bistro.example/menu/july");
    await snap("2-template");
    expect(await got(() => page.getByTestId("quick-reply").filter({ hasText: "Book a table" }).click())).toMatchObject({
      type: "button",
      button: { text: "Book a table", payload: "BOOK" },
      context: { id: expect.any(String) },
    });
  });

  it("taps a button, and a row in the sheet of a list", async () => {
    const reply = (id: string, title: string) => ({ type: "reply", reply: { id, title } });
    await interactive({
      type: "button",
      header: { type: "text", text: "A table" },
      body: { text: "For tonight?" },
      footer: { text: "Luna" },
      action: { buttons: [reply("y", "Yes"), reply("n", "No")] },
    });
    expect(await got(() => page.getByTestId("quick-reply").filter({ hasText: "Yes" }).click())).toMatchObject({
      interactive: { type: "button_reply", button_reply: { id: "y", title: "Yes" } },
    });
    const sections = [
      { title: "Early", rows: [{ id: "18", title: "18:00", description: "by the window" }] },
      { title: "Late", rows: [{ id: "21", title: "21:00" }] },
    ];
    await interactive({
      type: "list",
      body: { text: "When would you like to come?" },
      action: { button: "Times", sections },
    });
    await page.getByTestId("list-open").click();
    await page.getByTestId("list-row").first().waitFor();
    await snap("3-list");
    expect(await got(() => page.getByTestId("list-row").filter({ hasText: "18:00" }).click())).toMatchObject({
      interactive: { type: "list_reply", list_reply: { id: "18", title: "18:00", description: "by the window" } },
    });
  });

  it("fills in the form of a flow", async () => {
    const parameters = { flow_message_version: "3", flow_id: "1", flow_cta: "Book a table", flow_token: "token-7" };
    await interactive({ type: "flow", body: { text: "Reserve in one minute." }, action: { name: "flow", parameters } });
    await page.getByTestId("flow-open").click();
    await page.getByTestId("flow-answer").fill("no json");
    await page.getByTestId("flow-send").click();
    await page.getByText("must be a JSON object").waitFor();
    await page.getByTestId("flow-answer").fill('{"people": 4, "day": "Friday"}');
    await snap("4-form");
    expect(await got(() => page.getByTestId("flow-send").click())).toMatchObject({
      interactive: {
        type: "nfm_reply",
        nfm_reply: { response_json: '{"flow_token":"token-7","people":4,"day":"Friday"}' },
      },
    });
    await last().getByText("Friday").waitFor();
  });

  it("shares the place and the number when asked, and opens links", async () => {
    await interactive({
      type: "location_request_message",
      body: { text: "Where shall we deliver?" },
      action: { name: "send_location" },
    });
    expect(await got(() => page.getByTestId("send-location").click())).toMatchObject({
      type: "location",
      context: { id: expect.any(String) },
    });
    await interactive({
      type: "request_contact_info",
      body: { text: "May we call you?" },
      action: { name: "request_contact_info" },
    });
    expect(await got(() => page.getByTestId("share-number").click())).toMatchObject({
      contacts: [{ origin: "contact_request", phones: [{ wa_id: ana }] }],
      context: { id: expect.any(String) },
    });
    await interactive({
      type: "cta_url",
      body: { text: "Our menu" },
      action: {
        name: "cta_url",
        parameters: { display_text: "Open the menu", url: "https://luna-bistro.example/menu" },
      },
    });
    expect(await page.getByRole("link", { name: "Open the menu" }).getAttribute("href")).toBe(
      "https://luna-bistro.example/menu",
    );
    await snap("5-requests");
  });

  it("sends a picture, a voice message, a document, a sticker, a place and a card", async () => {
    expect(await attach("sample-picture")).toMatchObject({ image: { mime_type: "image/png" } });
    expect(await attach("sample-voice")).toMatchObject({ audio: { voice: true } });
    expect(await attach("sample-document")).toMatchObject({ document: { filename: "menu.pdf" } });
    expect(await attach("sample-sticker")).toMatchObject({ sticker: { mime_type: "image/webp" } });
    expect(await attach("sample-location")).toMatchObject({ location: { name: "Plaça de Catalunya" } });
    expect(await attach("own-card")).toMatchObject({
      contacts: [{ name: { formatted_name: "Ana" }, origin: "other" }],
    });
    await page.getByTestId("attach").click();
    const file = { name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("milk") };
    expect(await got(() => page.getByTestId("file").setInputFiles(file))).toMatchObject({
      document: { filename: "list.txt", mime_type: "text/plain" },
    });
    await snap("6-own");
  });

  it("quotes a message, reacts to one, and shows the reaction and the quotation of the business", async () => {
    await desk.send({ text: { body: "See you soon" } });
    const bubble = shown("text").filter({ hasText: "See you soon" });
    await bubble.hover();
    const row = page.locator(".bubble-row", { has: bubble });
    await row.getByRole("button", { name: "Answer this message" }).click();
    await page.getByTestId("composer").fill("Until then!");
    expect(await got(() => page.getByTestId("send").click())).toMatchObject({
      text: { body: "Until then!" },
      context: { id: await bubble.getAttribute("data-id") },
    });
    await last().locator("blockquote").getByText("See you soon").waitFor();
    await bubble.hover();
    await row.getByRole("button", { name: "React", exact: true }).click();
    expect(await got(() => row.getByRole("button", { name: "React with ❤️" }).click())).toMatchObject({
      reaction: { emoji: "❤️" },
    });
    const own = String(await last().getAttribute("data-id"));
    await desk.send({ type: "reaction", reaction: { message_id: own, emoji: "👍" } });
    await page.getByTestId("reactions").filter({ hasText: "👍" }).waitFor();
    await desk.send({ text: { body: "Bring friends" }, context: { message_id: own } });
    await last().locator("blockquote").getByText("Until then!").waitFor();
    await snap("7-quotes");
  });

  it("stops promotions and resumes them", async () => {
    const preferences = () =>
      desk.door.received
        .flatMap(({ json }) => json.entry.flatMap(({ changes }) => changes))
        .filter(({ field }) => field === "user_preferences");
    for (const label of ["Stop promotions", "Resume promotions"]) {
      const before = preferences().length;
      await page.getByRole("button", { name: "More" }).click();
      await page.getByTestId("marketing").getByText(label).click();
      await until(() => preferences().length > before);
    }
    expect(preferences().map(({ value }) => value)).toMatchObject([
      { user_preferences: [{ value: "stop" }] },
      { user_preferences: [{ value: "resume" }] },
    ]);
  });

  it("explains itself, and says nothing wrong in the console", async () => {
    await page.getByRole("button", { name: "More" }).click();
    await page.getByTestId("help-open").click();
    await page.getByTestId("help").getByText("GET /sends").waitFor();
    await snap("8-help");
    expect(complaints).toEqual([]);
  });
});

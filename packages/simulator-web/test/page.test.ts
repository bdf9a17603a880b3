// The page's files, and the page itself in a browser when there is one.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage, textOf } from "./support/stage.ts";

const CHROMIUM = [process.env.CHROMIUM_PATH ?? "", "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (file) => file !== "" && existsSync(file),
);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  expect(stage.world.problems).toEqual([]);
  await stage.close();
});

test("its own files and the modules of the import map are served, and nothing else", async () => {
  const { url } = stage.simulator;
  const html = await (await fetch(url)).text();
  const [, map = "{}"] = /<script type="importmap">(.+?)<\/script>/s.exec(html) ?? [];
  const { imports } = JSON.parse(map) as { imports: Record<string, string> };
  for (const file of ["/page/app.ts", "/page/page.css", ...Object.values(imports)])
    expect((await fetch(url + file)).status, file).toBe(200);
  for (const file of ["/page/none.ts", "/page/..%2fmain.ts", "/modules/ws.js"])
    expect((await fetch(url + file)).status, file).toBe(404);
});

test.skipIf(CHROMIUM === undefined)(
  "a person links a client by the text of its QR code, and chats with it",
  async () => {
    const isRoot = process.getuid?.() === 0;
    const browser = await chromium.launch({
      executablePath: CHROMIUM ?? "",
      args: ["--disable-dev-shm-usage", ...(isRoot ? ["--no-sandbox"] : [])],
    });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      const client = stage.client();
      await page.goto(`${stage.simulator.url}/#scan=${encodeURIComponent(await client.qr())}`);
      await page.getByTestId("phone-15550000001").click();
      await page.getByTestId("scan").click();
      expect(await client.closed()).toBe(515);
      const again = await stage.client(client.auth).opened();
      await page.getByTestId("device").getByText("connected").waitFor();

      await page.getByTestId("phone-15551112222").click();
      await page.getByRole("button", { name: "Luna Bistro", exact: true }).click();
      await page.getByTestId("composer").fill("a table for two?");
      await page.getByTestId("send").click();
      const { messages } = await again.event("messages.upsert", (upsert) =>
        upsert.messages.some(({ message }) => textOf(message) === "a table for two?"),
      );
      await again.sock.sendMessage(messages[0]?.key.remoteJid ?? "", { text: "at eight?" });
      await page.getByTestId("bubble").getByText("at eight?").waitFor();
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);

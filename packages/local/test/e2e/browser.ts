// The browser that the page is tried in: one that is installed on the machine, driven by playwright-core.
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Where a Chromium or Chrome is; undefined when there is none. CHROMIUM_PATH names another one. */
export const browserPath = [process.env.CHROMIUM_PATH ?? "", ...PLACES].find(
  (place) => place !== "" && existsSync(place),
);

/** How to get one, for those whose test was skipped. */
export const browserAdvice =
  "no Chromium found; install one (Debian: apt-get install chromium, macOS: Google Chrome) or set CHROMIUM_PATH to its program";

/** Starts the browser, without a window. */
export async function startBrowser(): Promise<Browser> {
  if (browserPath === undefined) throw new Error(browserAdvice);
  // Root may not use Chromium's sandbox, and containers have little shared memory.
  const isRoot = process.getuid?.() === 0;
  return await chromium.launch({
    executablePath: browserPath,
    args: ["--disable-dev-shm-usage", ...(isRoot ? ["--no-sandbox"] : [])],
  });
}

// The simulator as a program of its own, started as `npm start` starts it.
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { secret, token, until } from "./desk.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

/** A running program. */
export type Program = { readonly url: string; readonly stop: () => Promise<void> };

/** Starts it on a free port; its webhooks go to `webhookUrl`. */
export async function startProgram(webhookUrl: string): Promise<Program> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      SIMULATOR_PORT: String(port),
      SIMULATOR_WEBHOOK_URL: webhookUrl,
      WHATSAPP_APP_SECRETS: secret,
      WHATSAPP_VERIFY_TOKEN: "verify",
      SIMULATOR_ACCESS_TOKEN: token,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await until(async () => (await fetch(`${url}/health`).catch(() => undefined))?.status === 200, 20_000);
  return { url, stop: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}

/** Below 32768, where no outgoing connection takes it away in the meantime. */
async function freePort(): Promise<number> {
  for (let port = 28_700; port < 28_800; port += 1) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error("No free port between 28700 and 28799.");
}

// What Baileys logs, as far as it may be kept: the fixed text of its warnings and errors. Their objects hold keys, numbers and
// messages, and are dropped.
import type { Logger } from "@switchboard/commons/log.ts";
import type { SocketConfig } from "./baileys.ts";

/** Digits as long as a phone number, however they are written into a text. */
const NUMBER = /\d{6,}/g;

/** A logger for Baileys that writes into ours. */
export function libraryLog(log: Logger): SocketConfig["logger"] {
  const write = (level: "debug" | "warn") => (first: unknown, text?: string) => {
    const said = text ?? (typeof first === "string" ? first : undefined);
    if (said !== undefined)
      log[level]("the WhatsApp library says", { said: said.replace(NUMBER, "[number]").slice(0, 200) });
  };
  const logger: SocketConfig["logger"] = {
    level: "warn",
    child: () => logger,
    trace: () => undefined,
    debug: () => undefined,
    info: () => undefined,
    // Much of what it calls a warning or an error is everyday: a line that broke, a history that is not synced.
    warn: write("debug"),
    error: write("warn"),
  };
  return logger;
}

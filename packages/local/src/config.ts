// The only file of this package that looks at the process's environment.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { settings } from "@switchboard/commons/env.ts";

/**
 * The environment that child processes inherit: what the operating system and the user's shell set (PATH, HOME,
 * certificates, proxies), without Switchboard's settings, which every stack gives its programs itself.
 */
export function inheritedEnv(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !(name in settings));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/**
 * The settings of `npm start`: .env of the project, and above it what the caller's environment sets.
 * @param root - the project
 */
export function readProjectSettings(root: string): Record<string, string | undefined> {
  const file = path.join(root, ".env");
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const fromCaller = Object.entries(process.env).filter(([name, value]) => name in settings && value !== "");
  return { ...fromFile, ...Object.fromEntries(fromCaller) };
}

/** Whether the user asked for output without colours (https://no-color.org). */
export function wantsNoColour(): boolean {
  return (process.env.NO_COLOR ?? "") !== "";
}

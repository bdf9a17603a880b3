// The settings of linked devices, and what of them a runner reports.
import type { Setting } from "@switchboard/commons/env.ts";

/** The settings that linked devices need. */
export const sessionSettings = [
  "SESSION_CAP",
  "SESSION_MEMORY_MB",
  "SESSION_LEASE_SECONDS",
  "WHATSAPP_WEB_URL",
  "WHATSAPP_WEB_VERSION",
] as const;
/** The values of `sessionSettings`. */
export type SessionSettings = { readonly [K in (typeof sessionSettings)[number]]: Setting<K> };

/** What one more session may take of memory, generously. */
const SESSION_MB = 10;

/** The process's resident memory in MB. */
export function residentMb(): number {
  return Math.round(process.memoryUsage.rss() / 1_048_576);
}

/** How many sessions more there is room for: by their number, and by memory. */
export function roomFor(held: number, settings: SessionSettings, rssMb = residentMb()): number {
  const byMemory = Math.floor((settings.SESSION_MEMORY_MB - rssMb) / SESSION_MB);
  return Math.max(0, Math.min(settings.SESSION_CAP - held, byMemory));
}

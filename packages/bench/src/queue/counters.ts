// What a measurement cost the server: processor time of all its processes, and log.
import type pg from "pg";
import { cpuTimes } from "../cpu.ts";
import { sleep } from "./connect.ts";

/** A reading. */
export interface Counters {
  /** Milliseconds of all of Postgres's processes, the ended ones included; NaN where that cannot be read. */
  readonly cpuMs: number;
  readonly walBytes: number;
}

/** The kernel's tick, and a moment for ended processes to be counted. */
const SETTLE_MS = 60;

/**
 * Reads the counters.
 * @param admin - a connection that stays open over the whole measurement
 * @param folder - the server's data folder
 */
export async function readCounters(admin: pg.Client, folder: string): Promise<Counters> {
  await sleep(SETTLE_MS);
  const { rows } = await admin.query("select pg_current_wal_lsn() - '0/0'::pg_lsn as wal");
  return { cpuMs: cpuTimes(folder).Postgres ?? Number.NaN, walBytes: Number(rows[0]?.wal) };
}

/** Costs a piece between two readings. */
export function costOf(before: Counters, after: Counters, pieces: number): { cpuUs: number; walBytes: number } {
  return {
    cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / pieces,
    walBytes: (after.walBytes - before.walBytes) / pieces,
  };
}

// Everybody who is measured, by what they are measured in.
import type { Contender } from "../contender.ts";
import { graphileWorker } from "./graphile-worker.ts";
import { headRead, visibilityRead } from "./head-read.ts";
import { pgBoss, pgBossOrdered } from "./pg-boss.ts";
import { raw } from "./raw.ts";
import { switchboard } from "./switchboard.ts";

/** Lanes of 100 messages a second and more: the settings of ours. */
export const OURS = {
  single: switchboard({ lanes: 100, perLane: 1, connections: 8 }),
  singleWide: switchboard({ lanes: 500, perLane: 1, connections: 2 }),
  bursts: switchboard({ lanes: 100, perLane: 10, connections: 8 }),
  burstsWide: switchboard({ lanes: 500, perLane: 10, connections: 2 }),
  singleTenants: switchboard({ lanes: 100, perLane: 1, connections: 8, tenants: 20 }),
  burstsTenants: switchboard({ lanes: 100, perLane: 10, connections: 8, tenants: 20 }),
} as const;

/** Peers that keep the order, each at the best of its settings. */
export const ORDERED_PEERS: readonly Contender[] = [
  graphileWorker(100, 100),
  pgBossOrdered("key_strict_fifo", 500, 2),
  pgBossOrdered("groupConcurrency", 500, 2),
  headRead(100, 8),
  headRead(500, 2),
];

/** Peers without order, each at the best of its settings. */
export const UNORDERED_PEERS: readonly Contender[] = [graphileWorker(24, 1000), pgBoss, visibilityRead];

/** The limit without order. */
export const LIMIT: Contender = raw;

/** All contenders. */
export const CONTENDERS: readonly Contender[] = [...Object.values(OURS), ...ORDERED_PEERS, ...UNORDERED_PEERS, LIMIT];

/** The contender of this id. */
export function contenderOf(id: string): Contender {
  const found = CONTENDERS.find((contender) => contender.id === id);
  if (found === undefined) throw new Error(`There is no contender ${id}.`);
  return found;
}

// Those who put work in: single messages, bursts into one lane in quick succession, batches in one transaction, and
// transactions that are rolled back.
import { setTimeout as sleep } from "node:timers/promises";
import { callValue, connectionConfig } from "@switchboard/commons/db/database.ts";
import { type Random, randomFrom } from "@switchboard/local/random.ts";
import pg from "pg";
import { type NoteFile, witnessed } from "./witness.ts";

/** How much to put in, and where. */
export interface ProducerOptions {
  readonly url: string;
  readonly notes: NoteFile;
  readonly seed: number;
  /** Messages that must be acknowledged. */
  readonly messages: number;
  /** Over which time they are spread. */
  readonly seconds: number;
  readonly conversations: number;
  readonly tenantIds: readonly string[];
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface ProducerCounts {
  committed: number;
  rolledBack: number;
  /** Transactions whose end is unknown to the producer: the connection broke. */
  broken: number;
}

const PRODUCERS = 16;
const PAUSE_MS = 100;

/** Puts the work in; ends when enough was acknowledged. */
export async function produce(options: ProducerOptions): Promise<ProducerCounts> {
  const counts: ProducerCounts = { committed: 0, rolledBack: 0, broken: 0 };
  const pool = new pg.Pool({
    ...connectionConfig({ url: options.url, role: "service_role", applicationName: "history producer" }),
    max: PRODUCERS,
  });
  // Connections are ended by chaos, also within a transaction: its next statement fails then.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const ids = { next: 1 };
  const began = Date.now();
  /** More may be put in by now. */
  const isDue = () => {
    const share = (Date.now() - began) / (options.seconds * 1000);
    return counts.committed < options.messages * Math.min(share, 1);
  };
  const work = async (number: number) => {
    const random = randomFrom(options.seed + number * 7919);
    while (counts.committed < options.messages && !options.signal.aborted) {
      if (isDue()) await transactions(random, { options, counts, pool, ids });
      else await sleep(5);
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, (_, index) => work(index + 1)));
  await pool.end();
  return counts;
}

interface Desk {
  readonly options: ProducerOptions;
  readonly counts: ProducerCounts;
  readonly pool: pg.Pool;
  readonly ids: { next: number };
}

/** The next thing that a producer does. */
async function transactions(random: Random, desk: Desk): Promise<void> {
  const lane = () => random.between(0, desk.options.conversations - 1);
  const kind = random.next();
  if (kind < 0.4) return await transaction([lane()], desk, { end: "commit", holdMs: 0 });
  if (kind < 0.75) {
    const one = lane();
    for (let left = random.between(1, 4); left > 0; left -= 1) {
      await transaction([one], desk, { end: "commit", holdMs: random.between(0, 15) });
      await sleep(random.between(0, 30));
    }
    return;
  }
  // In the order of the lanes, as everybody has to lock them who locks several.
  const lanes = Array.from({ length: random.between(2, 20) }, lane).sort((a, b) => a - b);
  await transaction(lanes, desk, { end: kind < 0.95 ? "commit" : "rollback", holdMs: random.between(0, 15) });
}

/** One transaction that puts a message into each of these conversations. */
async function transaction(
  lanes: readonly number[],
  { options, counts, pool, ids }: Desk,
  { end, holdMs }: { readonly end: "commit" | "rollback"; readonly holdMs: number },
): Promise<void> {
  const calls: number[] = [];
  let client: pg.PoolClient | undefined;
  try {
    const mine = await pool.connect();
    client = mine;
    const asDatabase = { query: (text: string, values: readonly unknown[]) => mine.query(text, [...values]) };
    const db = witnessed(asDatabase, options.notes, (call) => calls.push(call));
    await mine.query("begin");
    for (const lane of lanes) {
      const id = ids.next++;
      await callValue(db, "enqueue_message", {
        p_shard: 0,
        p_queue: "inbound",
        p_lane_id: laneId(lane),
        p_tenant_id: options.tenantIds[lane % options.tenantIds.length] ?? "",
        p_kind: "history",
        p_payload: { id },
        p_correlation_id: `history-${id}`,
      });
    }
    if (holdMs > 0) await sleep(holdMs);
    await mine.query(end);
    options.notes.write({ note: end, calls });
    if (end === "commit") counts.committed += lanes.length;
    else counts.rolledBack += lanes.length;
    mine.release();
  } catch (error) {
    client?.release(true);
    counts.broken += 1;
    if (!isServerTrouble(error)) throw error;
    await sleep(PAUSE_MS);
  }
}

/** What chaos does looks like a broken connection or a server that stops; anything else is a defect. */
function isServerTrouble(error: unknown): boolean {
  return error instanceof Error && (error.name === "DatabaseUnavailableError" || !/^(SB|2[23]|42)/.test(codeOf(error)));
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** The lane of a conversation. */
export function laneId(conversation: number): string {
  return `00000000-0000-4000-8000-${conversation.toString(16).padStart(12, "0")}`;
}

// Hands the journal of a session on, in its order: what is handed on goes from the journal, what cannot be is tried again.
import type { Database } from "@switchboard/commons/db/database.ts";
import {
  type JournalPlace,
  type JournalRow,
  markSessionInbox,
  readSessionInbox,
} from "@switchboard/commons/db/session-keys.ts";
import type { SessionLease } from "@switchboard/commons/db/sessions.ts";
import { StaleLeaseError, toError } from "@switchboard/commons/errors.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import type { SessionVault } from "@switchboard/commons/session-vault.ts";
import { Alarm } from "@switchboard/commons/work/alarm.ts";
import { BufferJSON } from "./baileys.ts";
import { JOURNAL, type JournalEntry, journalId } from "./journal-entry.ts";

const PAGE = 100;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** A message of the journal, decrypted. */
export interface JournalMessage extends JournalEntry {
  readonly seq: number;
}

/** What a pump needs. */
export interface JournalPumpOptions {
  readonly db: Database;
  readonly lease: SessionLease;
  readonly vault: SessionVault;
  readonly log: Logger;
  /** Takes messages over, oldest first; when it resolves they are stored elsewhere. The same may come again after a crash. */
  readonly onMessages: (messages: readonly JournalMessage[]) => Promise<void>;
}

/** Works one journal until it is stopped. */
export class JournalPump {
  readonly #options: JournalPumpOptions;
  readonly #alarm = new Alarm();
  /** Rung by `stop` only: while messages cannot be handed on, more of them must not hurry anybody. */
  readonly #pause = new Alarm();
  readonly #loop: Promise<void>;
  #stopped: "after the rest" | "now" | undefined;

  constructor(options: JournalPumpOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  /** There is something in the journal. */
  wake(): void {
    this.#alarm.ring();
  }

  /**
   * Ends.
   * @param options - handOn: once more hands on what is there; not when another one does so by now
   */
  async stop({ handOn }: { readonly handOn: boolean }): Promise<void> {
    this.#stopped = handOn ? "after the rest" : "now";
    this.#alarm.ring();
    this.#pause.ring();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#stopped !== "now") {
      try {
        this.#alarm.reset();
        if (await this.#page()) continue;
        failures = 0;
        if (this.#stopped !== undefined) return;
        await this.#alarm.sleep(LONGEST_PAUSE_MS);
      } catch (error) {
        if (this.#stopped !== undefined || error instanceof StaleLeaseError) return;
        failures += 1;
        this.#options.log.warn("messages of the journal could not be handed on; trying again", {
          error: toError(error),
        });
        await this.#pause.sleep(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
      }
    }
  }

  /** One page; whether there may be more. */
  async #page(): Promise<boolean> {
    const { db, lease, onMessages } = this.#options;
    const rows = await readSessionInbox(db, lease, { after: 0, limit: PAGE });
    if (rows.length === 0) return false;
    await onMessages(await Promise.all(rows.map((row) => this.#open(row))));
    await markSessionInbox(
      db,
      lease,
      rows.map(({ seq }) => seq),
    );
    return rows.length === PAGE;
  }

  async #open(row: JournalRow): Promise<JournalMessage> {
    const { seq, chat, author, messageId, part } = row;
    const place: JournalPlace = { chat, author, messageId, part };
    const text = await this.#options.vault.open({ kind: JOURNAL, id: journalId(place) }, row);
    return { seq, place, ...JSON.parse(text, BufferJSON.reviver) };
  }
}

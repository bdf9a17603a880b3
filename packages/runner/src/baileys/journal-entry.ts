// What the journal keeps of an incoming message.
import type { JournalPlace } from "@switchboard/commons/db/session-keys.ts";

/** The kind under which the repository hands entries to the store, beside the kinds of keys. */
export const JOURNAL = "inbox";

/** A message that was decrypted. */
export interface JournalEntry {
  readonly place: JournalPlace;
  /** The attributes of its stanza. */
  readonly attrs: Readonly<Record<string, string>>;
  /** The padded protobuf, as it was decrypted. */
  readonly plaintext: Uint8Array;
}

/** The place as one word, as the rotation of master keys writes it too. */
export function journalId({ chat, author, messageId, part }: JournalPlace): string {
  return `${chat}|${author}|${messageId}|${part}`;
}

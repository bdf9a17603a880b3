// Baileys' Signal repository, made durable. Inbound: the plaintext is journalled in the transaction of the ratchet's step, so
// that it is on disk before WhatsApp hears that the message arrived. Outbound: the ratchet is committed before the stanza
// leaves, so that a crash in between costs an unsent message, and never a message that nobody can read.
import { AsyncResource } from "node:async_hooks";
import { type BinaryNode, DEFAULT_CONNECTION_CONFIG, type SignalDataSet, type SocketConfig } from "./baileys.ts";
import { JOURNAL, type JournalEntry, journalId } from "./journal-entry.ts";

/** A stanza and the one of its ciphertexts that is being decrypted. */
export interface StanzaPart {
  readonly stanza: BinaryNode;
  readonly part: string;
}
/** Finds the stanza of a ciphertext. */
export type StanzaOf = (ciphertext: Uint8Array) => StanzaPart | undefined;

type MakeRepository = SocketConfig["makeSignalRepository"];
type Keys = Parameters<MakeRepository>[0]["keys"];

/** `makeSignalRepository` for a socket whose ciphertexts `stanzaOf` knows. */
export function durableRepository(stanzaOf: StanzaOf): MakeRepository {
  return (auth, logger, lidsOf) => {
    const inner = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, lidsOf);
    const { keys } = auth;
    // Work that is run in it belongs to no transaction of Baileys, so it commits by itself.
    const outside = new AsyncResource("switchboard signal");
    const { decryptMessage, decryptGroupMessage, encryptMessage, encryptGroupMessage, injectE2ESession } = inner;
    return Object.assign(inner, {
      decryptMessage: (message) =>
        journalled(keys, message.jid, { of: stanzaOf(message.ciphertext), decrypt: () => decryptMessage(message) }),
      decryptGroupMessage: (message) =>
        journalled(keys, message.group, { of: stanzaOf(message.msg), decrypt: () => decryptGroupMessage(message) }),
      encryptMessage: (message) => outside.runInAsyncScope(encryptMessage, inner, message),
      encryptGroupMessage: (message) => outside.runInAsyncScope(encryptGroupMessage, inner, message),
      injectE2ESession: (session) => outside.runInAsyncScope(injectE2ESession, inner, session),
    } satisfies Partial<typeof inner>);
  };
}

/** Decrypts and journals in one transaction. */
async function journalled(
  keys: Keys,
  lock: string,
  { of, decrypt }: { readonly of: StanzaPart | undefined; readonly decrypt: () => Promise<Uint8Array> },
): Promise<Uint8Array> {
  // Between devices of the own account there is only talk about keys and history.
  if (of === undefined || of.stanza.attrs.category === "peer" || !("transaction" in keys)) return await decrypt();
  return await keys.transaction(async () => {
    const plaintext = await decrypt();
    const { from: chat = "", participant: author = "", id: messageId = "" } = of.stanza.attrs;
    const place = { chat, author, messageId, part: of.part };
    const entry: JournalEntry = { place, attrs: of.stanza.attrs, plaintext };
    // SAFETY: a transaction hands kinds on as they are, and the store knows this one.
    await keys.set({ [JOURNAL]: { [journalId(place)]: entry } } as unknown as SignalDataSet);
    return plaintext;
  }, lock);
}

/** Remembers which stanza each ciphertext came from, by the identity of its bytes. */
export function trackStanzas(): { readonly note: (stanza: BinaryNode) => void; readonly stanzaOf: StanzaOf } {
  const parts = new WeakMap<Uint8Array, StanzaPart>();
  return {
    stanzaOf: (ciphertext) => parts.get(ciphertext),
    note(stanza) {
      if (stanza.tag !== "message" || !Array.isArray(stanza.content)) return;
      for (const { content, attrs } of stanza.content)
        if (content instanceof Uint8Array) parts.set(content, { stanza, part: attrs.type ?? "" });
    },
  };
}

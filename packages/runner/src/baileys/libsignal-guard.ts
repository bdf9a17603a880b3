// Two repairs of libsignal 6.0.0 at run time, the Signal implementation below Baileys 7.0.0-rc14. Imported before Baileys.
// 1. `decryptWithSessions` tries every stored session of a contact, and `doDecryptWhisperMessage` steps a session's ratchet
//    before it checks the message's MAC; the record is then saved with the wrong sessions half stepped, and later messages on
//    them fail with "Bad MAC". A try that fails is rolled back here.
// 2. It prints whole sessions, private keys included, and errors whose stacks name phone numbers, with console.info, warn and
//    error. Dropped here: a message that cannot be decrypted shows in Baileys' own events.
import { SessionCipher } from "libsignal";

/** What else it says, all of it everyday. */
const SAYINGS = [
  "Closing session:",
  "Opening session:",
  "Removing old closed session:",
  "Session already closed",
  "Session already open",
  "Closing open session in favor of incoming prekey bundle",
  "Decrypted message with closed session.",
  "Migrating session to:",
];

type Session = object & { serialize?(): unknown };
type Decrypt = (this: unknown, message: Uint8Array, session: Session) => Promise<Uint8Array>;

// SAFETY: libsignal's types leave this method out; version 6.0.0, which is pinned, has it in this form.
const cipher = SessionCipher.prototype as unknown as { doDecryptWhisperMessage: Decrypt };
const decrypt = cipher.doDecryptWhisperMessage;
cipher.doDecryptWhisperMessage = async function (message, session) {
  const before = session.serialize?.();
  try {
    return await decrypt.call(this, message, session);
  } catch (error) {
    if (before !== undefined) restore(session, before);
    throw error;
  }
};

function restore(session: Session, before: unknown): void {
  // SAFETY: a session's constructor is libsignal's SessionEntry, which reads what it has serialized.
  const clean = (session.constructor as unknown as { deserialize(data: unknown): object }).deserialize(before);
  for (const key of Object.keys(session)) Reflect.deleteProperty(session, key);
  Object.assign(session, clean);
}

const isSession = (value: unknown) => typeof value === "object" && value !== null && "_chains" in value;
const isSaid = (value: unknown) =>
  typeof value === "string" &&
  (/^(Session error:|Failed to decrypt message with)/.test(value) || SAYINGS.includes(value));
for (const method of ["info", "warn", "log", "error"] as const) {
  const print = console[method];
  console[method] = (...values: unknown[]) => {
    if (!isSaid(values[0]) && !values.some(isSession)) print.apply(console, values);
  };
}

// Two repairs of libsignal 6.0.0 at run time, the Signal implementation below Baileys 7.0.0-rc14. Import it before Baileys.
// 1. `decryptWithSessions` tries every stored session, and `doDecryptWhisperMessage` steps the ratchet before it checks the
//    MAC; the record is then saved with the wrong sessions half stepped. A failed try is rolled back here.
// 2. session_record.js prints whole sessions, private keys included, with console.info and console.warn. Such lines are
//    dropped here.
import { SessionCipher } from "libsignal";

type Session = object & { serialize?(): unknown };
type SessionClass = { deserialize(data: unknown): object };
type Decrypt = (this: unknown, message: Uint8Array, session: Session) => Promise<Uint8Array>;

// SAFETY: libsignal's types leave this method out; it has existed in this form since 1.0.0.
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
  // SAFETY: a session's constructor is libsignal's SessionEntry, which can read what it has serialized.
  const clean = (session.constructor as unknown as SessionClass).deserialize(before);
  for (const key of Object.keys(session)) Reflect.deleteProperty(session, key);
  Object.assign(session, clean);
}

const isSession = (value: unknown) => typeof value === "object" && value !== null && "_chains" in value;
/** What libsignal says on its own; whatever matters of it comes as an exception as well. */
const CHATTER =
  /^(Closing open session in favor of|Decrypted message with closed session|Failed to decrypt message with any known|Session error:)/;
const isChatter = ([first]: readonly unknown[]) => typeof first === "string" && CHATTER.test(first);

for (const method of ["info", "warn", "log", "error"] as const) {
  const print = console[method];
  console[method] = (...values: unknown[]) => {
    if (!values.some(isSession) && !isChatter(values)) print.apply(console, values);
  };
}

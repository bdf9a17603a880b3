// Ids of messages, in the form that WhatsApp's own clients make.
import { randomBytes } from "node:crypto";

/** A new id. */
export function messageId(): string {
  return `3EB0${randomBytes(9).toString("hex").toUpperCase()}`;
}

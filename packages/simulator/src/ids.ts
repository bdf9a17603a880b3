// Ids that look like Meta's: message ids (wamid), media ids, BSUIDs and trace ids.
import { randomBytes, randomInt } from "node:crypto";
import type { Direction } from "./types.ts";

/**
 * A unique message id in the form of Meta's: base64 of a small record that holds the other party and random hex digits.
 * @param party - phone digits or BSUID
 */
export function newMessageId(party: string, direction: Direction): string {
  const hex = randomBytes(direction === "in" ? 10 : 9)
    .toString("hex")
    .toUpperCase();
  const bytes = Buffer.concat([
    Buffer.from([0x1c, 0x18, party.length]),
    Buffer.from(party, "latin1"),
    Buffer.from([0x15, 0x02, 0x00, direction === "in" ? 0x12 : 0x11, 0x18, hex.length]),
    Buffer.from(hex, "latin1"),
    Buffer.from([0x00]),
  ]);
  return `wamid.${bytes.toString("base64")}`;
}

/** A numeric id as media and other Graph objects have. */
export function newObjectId(): string {
  return `${randomInt(1, 10)}${digits(15)}`;
}

/** A business-scoped user id; the country code is the one of the customer's phone, `US` here. */
export function newBsuid(): string {
  return `US.${randomInt(1, 10)}${digits(19)}`;
}

/** The `fbtrace_id` of a Graph error. */
export function newTraceId(): string {
  return `A${randomBytes(17).toString("base64url")}`;
}

/** Whether a text is a BSUID, such as `US.13491208655302741918`, and not a phone number. */
export function isBsuid(text: string): boolean {
  return /^[A-Z]{2}\.[A-Za-z0-9.]{1,128}$/.test(text);
}

/** The digits of a phone number, however it is written. */
export function phoneDigits(text: string): string {
  return text.replace(/\D/g, "");
}

function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(0, 10)).join("");
}

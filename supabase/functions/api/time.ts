// Times in requests.
import { z } from "zod";

/** A time as ISO 8601 has it, with its offset. */
export const time = z.iso
  .datetime({ offset: true })
  .refine((text) => new Date(text).getUTCFullYear() >= 1970, "must not be before 1970");

/** As Postgres reads every one of them: it knows fewer offsets than ISO 8601 does. */
export function toUtc(text: string | undefined): string | undefined {
  return text === undefined ? undefined : new Date(text).toISOString();
}

// What we want to send, in words that every provider understands, and what a provider answers to it.
import { z } from "zod";
import type { Json } from "./json.ts";

/** The content of one outgoing message. A provider shows it, or degrades it honestly. */
export const outboundContent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string().min(1), previewUrl: z.boolean().optional() }),
  z.object({
    type: z.literal("buttons"),
    text: z.string().min(1),
    buttons: z
      .array(z.object({ id: z.string().min(1).max(256), title: z.string().min(1).max(20) }))
      .min(1)
      .max(3),
  }),
]);
/** The content of one outgoing message. */
export type OutboundContent = z.infer<typeof outboundContent>;

/** To whom: the raw wa_id of the phone, or the business-scoped user id when the phone is not known. */
export type Recipient = { readonly phone: string } | { readonly bsuid: string };
/** Reads a recipient. */
export const recipient = z.union([
  z.object({ phone: z.string().min(1) }),
  z.object({ bsuid: z.string().min(1) }),
]) satisfies z.ZodType<Recipient>;

/**
 * What to do about a refusal, at once or as a later failed status. What each means for the message and the account
 * stands in `retry_in.sql` and `block_account.sql`; here in short.
 */
export const rejectionClasses = {
  again: "nothing is wrong with the message: our own trouble before it left; at once, and it counts for nothing",
  retry: "by the schedule: after 1, 5, 15, 60 and 360 minutes",
  slow_pair: "this conversation waits, longer each time; others go on",
  slow_number: "the whole number waits, for seconds to minutes; it counts for nothing",
  slow_app: "all numbers of the tenant at this provider wait, for minutes to an hour; it counts for nothing",
  later: "much later: the time stands beside the code",
  pause_number: "the number stops and a person is asked; its messages wait, none is lost",
  stop_channel: "the number stops until its credentials or permissions are mended; its messages wait, none is lost",
  window_closed: "another way: outside of the 24 hours only a template may be sent",
  reupload: "another way: once more, with the file uploaded anew",
  never: "it has failed: the same message would be refused again",
} as const;
/** What to do about a refusal by the provider. */
export type RejectionClass = keyof typeof rejectionClasses;

/** How one try at sending ended. */
export type SendOutcome =
  | { readonly state: "ACCEPTED"; readonly providerMessageId: string; readonly waId?: string; readonly response?: Json }
  | {
      readonly state: "REJECTED";
      readonly class: RejectionClass;
      readonly code: string;
      readonly message: string;
      readonly retryAfterSeconds?: number;
      readonly response?: Json;
    }
  /** The request left and no readable answer came: the provider may have taken it. */
  | { readonly state: "UNKNOWN"; readonly code: string; readonly message: string };

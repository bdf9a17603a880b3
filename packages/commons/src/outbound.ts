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

/** A message template that the provider has approved, its parameters in Graph's own shape. */
export const templateContent = z.object({
  type: z.literal("template"),
  name: z.string().min(1).max(512),
  /** Such as `en_US`. */
  language: z.string().min(2).max(16),
  components: z.array(z.record(z.string(), z.json())).max(20).optional(),
});
/** Everything that a provider is asked to send: what an agent says, or a template in its place. */
export const sendableContent = z.discriminatedUnion("type", [...outboundContent.options, templateContent]);
/** Everything that a provider is asked to send. */
export type SendableContent = z.infer<typeof sendableContent>;

/** To whom: the raw wa_id of the phone, or the business-scoped user id when the phone is not known. */
export type Recipient = { readonly phone: string } | { readonly bsuid: string };
/** Reads a recipient. */
export const recipient = z.union([
  z.object({ phone: z.string().min(1) }),
  z.object({ bsuid: z.string().min(1) }),
]) satisfies z.ZodType<Recipient>;

/** What to do about a refusal by the provider. */
export type RejectionClass =
  | "retry"
  | "slow_pair"
  | "slow_number"
  | "later"
  | "pause_number"
  | "stop_channel"
  | "never"
  | "window_closed";

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

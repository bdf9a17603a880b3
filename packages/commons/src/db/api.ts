// The HTTP API's part of the engine: each function is the SQL function of the same name. What the resources look like is
// said here once; the door and its OpenAPI document take it from here.
import { z } from "zod";
import { apiScopes } from "../api-keys.ts";
import type { JsonObject } from "../json.ts";
import type { OutboundContent } from "../outbound.ts";
import { callParsed, callRows, callValue, type Database } from "./database.ts";

const limit = z.object({
  allowed: z.boolean(),
  limit: z.number().int(),
  remaining: z.number().int(),
  reset_s: z.number().int(),
  retry_s: z.number().int(),
});
/** How much of its rate limit a caller has left. */
export type ApiLimit = z.infer<typeof limit>;

const known = z.object({
  outcome: z.enum(["ok", "limited"]),
  shard: z.number().int(),
  tenant_id: z.uuid(),
  caller: z.string(),
  scopes: z.array(z.enum(apiScopes)),
  limit,
});
/** Somebody who may call. */
export type KnownCaller = z.infer<typeof known>;
const keyUse = z.discriminatedUnion("outcome", [
  known,
  z.object({ outcome: z.enum(["unknown", "revoked", "expired"]) }),
]);
const membershipUse = z.discriminatedUnion("outcome", [
  known,
  z.object({ outcome: z.enum(["no_tenant", "which_tenant"]) }),
]);

/** Who calls with this key, counted against its limit. See use_api_key.sql. */
export async function useApiKey(db: Database, key: { readonly prefix: string; readonly hash: string }) {
  return await callParsed(db, "use_api_key", { args: { p_prefix: key.prefix, p_hash: key.hash }, result: keyUse });
}

/** For which tenant a signed-in user acts, counted against the user's limit. See use_membership.sql. */
export async function useMembership(db: Database, userId: string, tenant: string | null) {
  const args = { p_user_id: userId, p_tenant: tenant };
  return await callParsed(db, "use_membership", { args, result: membershipUse });
}

const time = z.iso.datetime({ offset: true });
const moment = time.nullable();

/** How far an outbound message came. */
export const outboundStatus = z
  .enum(["QUEUED", "SENDING", "SENT", "DELIVERED", "READ", "PLAYED", "FAILED", "CANCELLED", "UNKNOWN", "PARKED"])
  .meta({
    description: "How far it came. UNKNOWN: nobody knows whether the provider took it; PARKED: a person decides.",
  });

const outboundFields = {
  id: z.uuid(),
  status: outboundStatus,
  account_id: z.uuid(),
  conversation_id: z.uuid(),
  message_id: z.uuid().meta({ description: "The same message among those of the conversation." }),
  turn_id: z
    .uuid()
    .nullable()
    .meta({ description: "The agent's turn that it answers with; null for a message of the API." }),
  author: z.enum(["agent", "person", "system"]),
  content: z
    .looseObject({ type: z.string() })
    .meta({ description: "As it is sent: made to fit the provider, where that takes no further message." }),
  provider_message_id: z.string().nullable(),
  idempotency_key: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string().nullable() }).nullable(),
  correlation_id: z.string(),
  created_at: time,
  send_at: moment.meta({ description: "Not sent before then." }),
  sent_at: moment,
  delivered_at: moment,
  read_at: moment,
  played_at: moment,
  failed_at: moment,
  cancelled_at: moment,
};

/** An outbound message. */
export const outboundMessage = z
  .object(outboundFields)
  .meta({ id: "OutboundMessage", description: "A message that is to be sent, and how far it came." });
/** An outbound message. */
export type OutboundMessage = z.infer<typeof outboundMessage>;

/** An outbound message with every try at sending it. */
export const outboundMessageWithAttempts = z
  .object({
    ...outboundFields,
    attempts: z.array(
      z.object({
        attempt: z.number().int(),
        state: z.string().meta({ description: "IO_STARTED, ACCEPTED, REJECTED or UNKNOWN." }),
        started_at: time,
        finished_at: moment,
        code: z.string().nullable().meta({ description: "Why the provider refused it." }),
        next_retry_at: moment,
      }),
    ),
  })
  .meta({ id: "OutboundMessageWithAttempts", description: "An outbound message and every try at sending it." });
/** An outbound message with every try at sending it. */
export type OutboundMessageWithAttempts = z.infer<typeof outboundMessageWithAttempts>;

/** One entry of a conversation's timeline. */
export const timelineEntry = z
  .object({
    at: time,
    ref: z
      .string()
      .meta({ description: "Orders entries of the same time; identifies the entry within its conversation." }),
    kind: z.string().meta({
      description:
        "MESSAGE_RECEIVED, MESSAGE_QUEUED, MESSAGE_SENT, MESSAGE_STATUS_UPDATE, MESSAGE_FAILED, SEND_ATTEMPT, TURN, WORKFLOW_STEP, HANDOFF, TOOL_CALL, TASK_OPENED, TASK_RESOLVED, OPT_OUT, OPT_IN ...; new kinds may come.",
    }),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "TimelineEntry", description: "Something that happened in a conversation." });

const word = z.enum(["stop", "resume"]).nullable();

/** A conversation. */
export const conversation = z
  .object({
    id: z.uuid(),
    created_at: time,
    last_message_at: moment,
    last_customer_message_at: moment,
    account: z.object({
      id: z.uuid(),
      provider: z.string(),
      name: z.string().nullable(),
      display_phone: z.string().nullable(),
      status: z.string().meta({ description: "active, paused or disabled." }),
    }),
    contact: z.object({
      id: z.uuid(),
      name: z.string().nullable(),
      identities: z
        .array(z.object({ kind: z.string(), value: z.string() }))
        .meta({ description: "phone, bsuid, parent_bsuid, lid or username, as far as they are known." }),
    }),
    window: z.object({ open: z.boolean(), until: moment }).meta({
      description: "While it is open free text may be sent; until is null where it has no end, or never was.",
    }),
    agent: z.object({
      paused_until: moment.meta({ description: "A person has taken over until then; null: the agent answers." }),
      person_requested_at: moment,
      person_request_reason: z.string().nullable(),
    }),
    consent: z
      .object({ all: word, marketing: word })
      .meta({ description: "What the person last said about being written to; null: nothing." }),
    open_tasks: z
      .array(z.object({ id: z.uuid(), kind: z.string(), reason: z.string(), seen: z.number().int(), created_at: time }))
      .meta({ description: "What waits for a person's decision." }),
  })
  .meta({ id: "Conversation", description: "A person on one of the tenant's numbers." });

const messagePage = z.object({
  items: z.array(outboundMessage),
  next: z.object({ at: z.string(), id: z.string() }).nullable(),
});
const timelinePage = z.object({
  items: z.array(timelineEntry),
  next: z.object({ at: z.string(), ref: z.string() }).nullable(),
});
const sent = z.object({ created: z.boolean(), message: outboundMessage });

/** Whose tenant is meant. */
export interface TenantOf {
  readonly shard: number;
  readonly tenantId: string;
}
/** Who acts, and from where; goes into the audit log. */
export interface Acting extends TenantOf {
  /** `user:<uuid>` or `key:<uuid>`. */
  readonly actor: string;
  readonly author: "person" | "system";
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** A message to send. */
export interface SendRequest {
  readonly to:
    | { readonly conversationId: string }
    | {
        readonly identity: { readonly kind: "phone" | "bsuid"; readonly value: string };
        readonly accountId?: string | undefined;
        readonly from?: string | undefined;
      };
  readonly content: OutboundContent;
  /** What a person reads. */
  readonly body: string;
  readonly idempotencyKey: string | null;
  /** Not before then, in UTC. */
  readonly sendAt: string | null;
  readonly correlationId: string;
}

const target = z.object({
  account_id: z.uuid(),
  provider: z.string(),
  files: z.array(z.object({ id: z.uuid(), mime_type: z.string(), size_bytes: z.number() })),
});

/** What a message has to fit: the provider that will send it, and the files that there are of those. See send_target.sql. */
export async function sendTarget(db: Database, tenant: TenantOf, to: SendRequest["to"], mediaIds: readonly string[]) {
  const args = { ...tenantArgs(tenant), p_request: targetOf(to), p_media_ids: [...mediaIds] };
  return await callParsed(db, "send_target", { args, result: target });
}

function targetOf(to: SendRequest["to"]) {
  return "conversationId" in to
    ? { conversation_id: to.conversationId }
    : { identity: to.identity, account_id: to.accountId, from: to.from };
}

/** Takes a message in to be sent; the same idempotency key gives the same message. See send_api_message.sql. */
export async function sendApiMessage(db: Database, acting: Acting, request: SendRequest) {
  const args = {
    ...tenantArgs(acting),
    p_caller: callerOf(acting),
    p_request: {
      ...targetOf(request.to),
      content: request.content,
      body: request.body,
      idempotency_key: request.idempotencyKey,
      send_at: request.sendAt,
      correlation_id: request.correlationId,
    },
  };
  return await callParsed(db, "send_api_message", { args, result: sent });
}

/** One outbound message. See get_outbound_message.sql. */
export async function getOutboundMessage(db: Database, tenant: TenantOf, id: string) {
  const args = { ...tenantArgs(tenant), p_outbound_id: id };
  return await callParsed(db, "get_outbound_message", { args, result: outboundMessageWithAttempts });
}

/** Outbound messages, newest first. See list_outbound_messages.sql. */
export async function listOutboundMessages(
  db: Database,
  tenant: TenantOf,
  filter: JsonObject,
  page: { readonly before: JsonObject | null; readonly limit: number },
) {
  const args = { ...tenantArgs(tenant), p_filter: filter, p_before: page.before, p_limit: page.limit };
  return await callParsed(db, "list_outbound_messages", { args, result: messagePage });
}

/** Tries again to send a message. See retry_api_message.sql. */
export async function retryApiMessage(db: Database, acting: Acting, id: string) {
  const args = { ...tenantArgs(acting), p_caller: callerOf(acting), p_outbound_id: id };
  return await callParsed(db, "retry_api_message", { args, result: outboundMessageWithAttempts });
}

/** Cancels a message that has not left. See cancel_api_message.sql. */
export async function cancelApiMessage(db: Database, acting: Acting, id: string) {
  const args = { ...tenantArgs(acting), p_caller: callerOf(acting), p_outbound_id: id };
  return await callParsed(db, "cancel_api_message", { args, result: outboundMessageWithAttempts });
}

/** A conversation. See get_conversation.sql. */
export async function getConversation(db: Database, tenant: TenantOf, id: string) {
  const args = { ...tenantArgs(tenant), p_conversation_id: id };
  return await callParsed(db, "get_conversation", { args, result: conversation });
}

/** Keeps the agent silent; `until`, in UTC: null for as long as after a person's message. See pause_conversation.sql. */
export async function pauseConversation(db: Database, acting: Acting, id: string, until: string | null) {
  const args = { ...tenantArgs(acting), p_caller: callerOf(acting), p_conversation_id: id, p_until: until };
  return await callParsed(db, "pause_conversation", { args, result: conversation });
}

/** Gives a conversation back to the agent. See resume_conversation.sql. */
export async function resumeConversation(db: Database, acting: Acting, id: string) {
  const args = { ...tenantArgs(acting), p_caller: callerOf(acting), p_conversation_id: id };
  return await callParsed(db, "resume_conversation", { args, result: conversation });
}

/** What happened in a conversation, newest first. See conversation_timeline.sql. */
export async function conversationTimeline(
  db: Database,
  tenant: TenantOf,
  conversationId: string,
  page: { readonly before: JsonObject | null; readonly limit: number },
) {
  const args = { ...tenantArgs(tenant), p_conversation_id: conversationId, p_before: page.before, p_limit: page.limit };
  return await callParsed(db, "conversation_timeline", { args, result: timelinePage });
}

/** A new key. */
export interface NewApiKey {
  readonly name: string;
  readonly prefix: string;
  readonly hash: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: Date;
  readonly perMinute?: number;
}

/** Stores a key's hash; returns the key's id. See create_api_key.sql. */
export async function createApiKey(db: Database, tenant: TenantOf, key: NewApiKey): Promise<string> {
  return await callValue(db, "create_api_key", {
    ...tenantArgs(tenant),
    p_name: key.name,
    p_prefix: key.prefix,
    p_hash: key.hash,
    p_scopes: key.scopes,
    ...(key.expiresAt === undefined ? {} : { p_expires_at: key.expiresAt.toISOString() }),
    ...(key.perMinute === undefined ? {} : { p_rate_limit_per_min: key.perMinute }),
  });
}

/** Ends a key; returns whether it was alive. See revoke_api_key.sql. */
export async function revokeApiKey(db: Database, tenant: TenantOf, prefix: string): Promise<boolean> {
  return await callValue(db, "revoke_api_key", { ...tenantArgs(tenant), p_prefix: prefix });
}

/** The keys of a tenant, without their hashes. See list_api_keys.sql. */
export async function listApiKeys(db: Database, tenant: TenantOf) {
  return await callRows(db, "list_api_keys", tenantArgs(tenant));
}

function tenantArgs({ shard, tenantId }: TenantOf) {
  return { p_shard: shard, p_tenant_id: tenantId };
}

function callerOf({ actor, author, ip, userAgent }: Acting): JsonObject {
  return { actor, author, ip, user_agent: userAgent };
}

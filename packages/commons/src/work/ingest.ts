// From a provider's events to one call of the engine. The table below names every kind of event: a kind that is
// missing does not compile.

import type { Database } from "../db/database.ts";
import { type IngestResult, ingestEvents } from "../db/intake.ts";
import type { EventKind, EventOf, InboundEvent, MessageContent, Party, ProviderId } from "../events.ts";
import type { JsonObject } from "../json.ts";

/** The fields of a row beyond those that every event has; `ingest_event.sql` reads them. */
const rowOf: { readonly [K in EventKind]: (event: EventOf<K>) => JsonObject } = {
  message: (event) => ({ ...partyRow(event.from), message: messageRow(event.message), wakes_agent: event.wakesAgent }),
  reaction: (event) => ({ ...partyRow(event.from), message: messageRow(event.message), target_id: event.targetId }),
  edit: (event) => ({ ...partyRow(event.from), message: messageRow(event.message), target_id: event.targetId }),
  revoke: (event) => ({ ...partyRow(event.from), message: messageRow(event.message), target_id: event.targetId }),
  system: (event) => ({ ...partyRow(event.from), message: messageRow(event.message) }),
  typing: (event) => partyRow(event.from),
  echo: (event) => ({ ...partyRow(event.to), message: messageRow(event.message) }),
  status: (event) => ({
    message_id: event.messageId,
    status: event.status,
    callback_data: event.callbackData,
    error: event.error && {
      code: String(event.error.code),
      class: event.error.class,
      message: event.error.title,
      details: event.error.details,
      retry_after_s: event.error.retryAfterSeconds,
    },
  }),
  history: () => ({ reason: "history" }),
  standby: () => ({ reason: "standby" }),
  notice: (event) => ({ reason: event.topic }),
  unknown: (event) => ({ reason: event.reason }),
};

/**
 * Stores and queues the events of one webhook POST or socket read, in one transaction.
 * @param correlationId - of the POST; each event gets one of its own beneath it when there are several
 * @returns what became of them
 * @throws DatabaseUnavailableError: nothing is stored, the other side must send again
 */
export async function ingest(
  db: Database,
  provider: ProviderId,
  events: readonly InboundEvent[],
  correlationId: string,
): Promise<IngestResult> {
  const single = events.length === 1;
  return await ingestEvents(
    db,
    provider,
    events.map((event, index) => toRow(event, single ? correlationId : `${correlationId}.${index + 1}`)),
  );
}

function toRow<K extends EventKind>(event: EventOf<K>, correlationId: string): JsonObject {
  // SAFETY: the table's entry for a kind takes the event of that kind.
  const fields = (rowOf[event.kind] as (event: EventOf<K>) => JsonObject)(event);
  const { kind, key, account, occurredAt, raw } = event;
  const keepsRaw = !("message" in event || event.kind === "status" || event.kind === "typing");
  return {
    kind,
    key,
    account,
    occurred_at: occurredAt,
    correlation_id: correlationId,
    raw: keepsRaw || account === null ? raw : undefined,
    ...fields,
  };
}

function partyRow(party: Party): JsonObject {
  return { identities: party.identities.map(({ kind, value }) => ({ kind, value })), name: party.name };
}

function messageRow(message: MessageContent): JsonObject {
  return {
    id: message.id,
    type: message.type,
    text: message.text,
    content: message.content,
    reply_to: message.replyTo,
  };
}

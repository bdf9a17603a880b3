// What Postgres knows about conversations, read as the superuser and put in order: the one side of every account that
// the end-to-end tests settle.
import type { E2e } from "./e2e.ts";

/** One conversation, its parts in their order. */
export interface Conversation {
  readonly phone: string;
  readonly inbound: readonly {
    readonly providerId: string;
    readonly position: number;
    readonly turnId: string | null;
    readonly body: string;
  }[];
  readonly turns: readonly {
    readonly id: string;
    readonly firstSeq: number;
    readonly lastSeq: number;
    readonly status: string;
    readonly tries: number;
    readonly replies: number;
  }[];
  /** What was said, or is to be: without what was taken back before it left. */
  readonly outbound: readonly {
    readonly id: string;
    readonly turnId: string;
    readonly position: number;
    readonly status: string;
    readonly body: string;
  }[];
  /** Ids of replies that were taken back, because the customer wrote more. */
  readonly cancelled: readonly string[];
  readonly memory: readonly { readonly role: string; readonly text: string }[];
}

const READ = `
  select p.phone,
         coalesce((select jsonb_agg(jsonb_build_object('providerId', m.provider_message_id, 'position', m.position,
                     'turnId', m.turn_id, 'body', m.body) order by m.position)
                     from public.messages m where m.conversation_id = c.id and m.direction = 'in'), '[]') as inbound,
         coalesce((select jsonb_agg(jsonb_build_object('id', t.id, 'firstSeq', t.first_seq, 'lastSeq', t.last_seq,
                     'status', t.status, 'tries', t.tries,
                     'replies', (select count(*) from app.outbound_message o where o.turn_id = t.id and o.status <> 'CANCELLED')) order by t.first_seq)
                     from app.turns t where t.conversation_id = c.id), '[]') as turns,
         coalesce((select jsonb_agg(jsonb_build_object('id', o.id, 'turnId', o.turn_id, 'position', m.position,
                     'status', o.status, 'body', m.body) order by m.position)
                     from app.outbound_message o join public.messages m on m.id = o.message_id
                    where o.conversation_id = c.id and o.status <> 'CANCELLED'), '[]') as outbound,
         coalesce((select jsonb_agg(o.id) from app.outbound_message o
                    where o.conversation_id = c.id and o.status = 'CANCELLED'), '[]') as cancelled,
         coalesce((select a.messages from app.ai_conversation_memory a where a.conversation_id = c.id), '[]') as memory
    from unnest($1::text[]) with ordinality as p (phone, ordinal)
    left join public.contact_identities i on i.kind = 'phone' and i.value = p.phone
    left join public.conversations c on c.contact_id = i.contact_id and c.merged_into is null
   order by p.ordinal`;

/** Reads the conversations of these phones, in their order; one without any messages for a phone that is not known. */
export async function readConversations(sql: E2e["sql"], phones: readonly string[]): Promise<Conversation[]> {
  return await sql<Conversation>(READ, [phones]);
}

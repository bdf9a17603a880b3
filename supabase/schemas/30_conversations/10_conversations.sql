-- A contact on an account: the unit of order. Every message of a conversation has a position, counted under the row's
-- lock and so without gaps; the conversation's id is also the id of its lanes in the queues.

create table public.conversations (
  shard                    smallint    not null default 0,
  id                       uuid        not null default gen_random_uuid(),
  tenant_id                uuid        not null,
  account_id               uuid        not null,
  contact_id               uuid        not null,
  last_position            bigint      not null default 0,
  last_message_at          timestamptz,
  -- Start of WhatsApp's 24-hour window for free text.
  last_customer_message_at timestamptz,
  -- Until when an ad that led here keeps that window open, whatever the customer writes.
  free_entry_until         timestamptz,
  -- The agent stays silent until then: a person has taken over.
  agent_paused_until       timestamptz,
  -- When the customer, or the agent for the customer, asked for a person.
  person_requested_at      timestamptz,
  person_request_reason    text,
  merged_into              uuid,
  created_at               timestamptz not null default now(),
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, contact_id) references public.contacts (shard, id) on delete cascade,
  foreign key (shard, merged_into) references public.conversations (shard, id),
  check (merged_into <> id)
) with (fillfactor = 70);
comment on table public.conversations is 'A contact on an account: one lane, one order.';
create unique index conversations_lane on public.conversations (shard, account_id, contact_id) where merged_into is null;
create index conversations_tenant on public.conversations (shard, tenant_id);
create index conversations_contact on public.conversations (shard, contact_id);
create index conversations_merged_into on public.conversations (shard, merged_into) where merged_into is not null;

alter table public.conversations enable row level security;
create policy "members see their conversations" on public.conversations
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.conversations to authenticated;
grant select, insert, update, delete on public.conversations to service_role;

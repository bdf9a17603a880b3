-- What was said, by whom, and how far it came. The whole of a conversation, in the order of `position`.

create table public.messages (
  shard               smallint    not null default 0,
  id                  uuid        not null default gen_random_uuid(),
  tenant_id           uuid        not null,
  account_id          uuid        not null,
  conversation_id     uuid        not null,
  position            bigint      not null check (position > 0),
  direction           text        not null check (direction in ('in', 'out')),
  author              text        not null check (author in ('customer', 'agent', 'person', 'system')),
  -- Null only while an outgoing message has not been accepted.
  provider_message_id text,
  -- text, image, button, reaction, edit, revoke, system ... as Meta names them.
  type                text        not null check (length(type) between 1 and 60),
  body                text        not null default '',
  content             jsonb       not null default '{}',
  -- The provider's id of the message that this one answers, reacts to, edits or revokes.
  reply_to            text,
  -- Outgoing only; the same words as outbound_message.status.
  status              text        check (status in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'PLAYED', 'FAILED', 'CANCELLED', 'UNKNOWN', 'PARKED')),
  edited_at           timestamptz,
  revoked_at          timestamptz,
  -- How far its file came: being fetched and read (its burst waits for it), ready, or not to be had. Null: nobody fetches it.
  media_state         text        check (media_state in ('pending', 'ready', 'failed')),
  -- The turn that answered it, or that it answers.
  turn_id             uuid,
  correlation_id      text        not null,
  occurred_at         timestamptz not null,
  created_at          timestamptz not null default now(),
  primary key (shard, id),
  unique (shard, conversation_id, position),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  check (author = 'system' or (direction = 'in') = (author = 'customer')),
  check (direction = 'out' or (status is null and provider_message_id is not null))
) with (fillfactor = 80);
comment on table public.messages is 'Every message of a conversation, in and out.';
create unique index messages_provider_id on public.messages (shard, account_id, provider_message_id) where provider_message_id is not null;
create index messages_media_pending on public.messages (shard, conversation_id) where media_state = 'pending';
create index messages_tenant on public.messages (shard, tenant_id);

alter table public.messages enable row level security;
create policy "members see their messages" on public.messages
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.messages to authenticated;
grant select, insert, update, delete on public.messages to service_role;

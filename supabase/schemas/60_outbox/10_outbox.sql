-- What we want to send, and every try at sending it.
-- The states are drawn in ../README.md.

create table app.outbound_message (
  shard               smallint    not null default 0,
  id                  uuid        not null default gen_random_uuid(),
  tenant_id           uuid        not null,
  account_id          uuid        not null,
  conversation_id     uuid        not null,
  -- The same message as people see it.
  message_id          uuid        not null,
  turn_id             uuid,
  idempotency_key     text        not null check (length(idempotency_key) between 1 and 200),
  content             jsonb       not null,
  status              text        not null default 'QUEUED'
                      check (status in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'PLAYED', 'FAILED', 'CANCELLED', 'UNKNOWN', 'PARKED')),
  -- Of the attempt that was taken; null again when that one failed and the message waits for another.
  provider_message_id text,
  -- Why it stands as it does: {code, class, message}. A message that is queued again keeps its last refusal here.
  error               jsonb,
  -- Refusals that count against the schedule (refuse_outbound), since it was queued or a person queued it again.
  refused             smallint    not null default 0,
  correlation_id      text        not null,
  created_at          timestamptz not null,
  unknown_since       timestamptz,
  sent_at             timestamptz,
  delivered_at        timestamptz,
  read_at             timestamptz,
  played_at           timestamptz,
  failed_at           timestamptz,
  cancelled_at        timestamptz,
  primary key (shard, id),
  unique (shard, tenant_id, idempotency_key),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  foreign key (shard, message_id) references public.messages (shard, id) on delete cascade,
  check (status not in ('SENT', 'DELIVERED', 'READ', 'PLAYED') or provider_message_id is not null),
  check ((status = 'FAILED') = (failed_at is not null)),
  check (status = 'CANCELLED' or cancelled_at is null),
  check (status <> 'FAILED' or error is not null),
  check (status <> 'UNKNOWN' or unknown_since is not null)
) with (fillfactor = 70);
comment on table app.outbound_message is 'The outbox: what we want to send and how far it came.';
create unique index outbound_message_provider_id on app.outbound_message (shard, account_id, provider_message_id)
  where provider_message_id is not null;
create index outbound_message_conversation on app.outbound_message (shard, conversation_id);
create index outbound_message_message on app.outbound_message (shard, message_id);

create table app.outbound_attempt (
  shard               smallint    not null default 0,
  outbound_message_id uuid        not null,
  attempt_no          smallint    not null check (attempt_no > 0),
  state               text        not null check (state in ('INTENT', 'IO_STARTED', 'ACCEPTED', 'REJECTED', 'UNKNOWN')),
  -- The fencing token under which it was made.
  token               bigint      not null,
  worker              text        not null,
  started_at          timestamptz not null,
  -- From then on nobody but the provider knows whether it was taken.
  io_started_at       timestamptz,
  finished_at         timestamptz,
  provider_message_id text,
  error_code          text,
  response            jsonb,
  next_retry_at       timestamptz,
  primary key (shard, outbound_message_id, attempt_no),
  foreign key (shard, outbound_message_id) references app.outbound_message (shard, id) on delete cascade,
  check ((finished_at is null) = (state in ('INTENT', 'IO_STARTED'))),
  check (state in ('INTENT', 'REJECTED') or io_started_at is not null),
  check (state <> 'INTENT' or io_started_at is null),
  check (next_retry_at is null or state = 'REJECTED')
);
comment on table app.outbound_attempt is 'Every try at sending an outbound message.';

-- What keeps an account from sending. No row: nothing does.
create table app.account_send_state (
  shard         smallint    not null default 0,
  account_id    uuid        not null,
  tenant_id     uuid        not null,
  -- slowed: a rate limit, it goes on by itself. paused, stopped: it goes on when a person says so (resume_account_sending);
  -- stopped also when the credentials are set anew.
  state         text        not null check (state in ('slowed', 'paused', 'stopped')),
  blocked_until timestamptz not null,
  -- Times in a row that it was slowed: each lasts twice as long.
  strikes       smallint    not null default 1,
  code          text        not null,
  reason        text        not null,
  changed_at    timestamptz not null,
  primary key (shard, account_id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  check ((state = 'slowed') = (blocked_until < 'infinity'))
);
comment on table app.account_send_state is 'Accounts that may not send now, until when and why.';

alter table app.outbound_message enable row level security;
alter table app.outbound_attempt enable row level security;
alter table app.account_send_state enable row level security;
grant select, insert, update, delete on app.outbound_message, app.outbound_attempt, app.account_send_state to service_role;

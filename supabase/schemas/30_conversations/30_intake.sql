-- What the doors remember besides messages: which facts they have taken in, and what they could not read. Partitions are made and
-- dropped by app.sweep_history; a day without one is in the default partition.

-- One row for every fact of an account: the unique key that makes a second delivery a duplicate. In a partition for each
-- day (UTC) on which facts happened, by the provider's clock: a copy names the same time as the first one, so it meets it there,
-- and a unique key within each day is enough. Partitions are dropped 30 days after their day (app.retention); Meta
-- repeats itself for 7. Whoever is later than that, or names another time, still changes nothing: messages, reactions,
-- edits, revocations, echoes and system messages are kept from coming twice by messages_provider_id, for ever, and a
-- status moves a message forward only.
create table app.processed_messages (
  shard        smallint    not null default 0,
  account_id   uuid        not null,
  key          text        not null check (length(key) between 1 and 500),
  occurred_on  date        not null,
  processed_at timestamptz not null default now(),
  primary key (shard, account_id, key, occurred_on),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
) partition by range (occurred_on);
comment on table app.processed_messages is 'Facts already ingested, by the day on which they happened; a second delivery is a duplicate.';
create table app.processed_messages_default partition of app.processed_messages default;

-- Items kept as they came: kinds that only people look at, kinds that this version does not know, accounts that are
-- not ours, and items that could not be ingested (with the error). By the day on which they happened, as above; what
-- names no readable time is in the default partition. An item whose time is the time of its arrival, because it came without
-- any, is kept once for each day on which it is delivered.
create table app.webhook_events (
  shard          smallint    not null default 0,
  key            text        not null check (length(key) between 1 and 500),
  occurred_on    date        not null,
  tenant_id      uuid,
  account_id     uuid,
  provider       text        not null,
  external_id    text,
  kind           text        not null,
  reason         text        not null,
  payload        jsonb       not null,
  error          jsonb,
  correlation_id text        not null,
  received_at    timestamptz not null default now(),
  primary key (shard, key, occurred_on)
) partition by range (occurred_on);
comment on table app.webhook_events is 'Webhook items kept raw: notices, unknown kinds, unknown accounts, poisonous items.';
create table app.webhook_events_default partition of app.webhook_events default;

-- A status that came before we know its message; taken up when the message is accepted.
create table app.orphan_statuses (
  shard               smallint    not null default 0,
  account_id          uuid        not null,
  provider_message_id text        not null,
  status              text        not null,
  occurred_at         timestamptz not null,
  error               jsonb,
  received_at         timestamptz not null default now(),
  primary key (shard, account_id, provider_message_id, status),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
);
comment on table app.orphan_statuses is 'Statuses that came before the message that they speak of was known.';
create index orphan_statuses_received on app.orphan_statuses (shard, received_at);

alter table app.processed_messages enable row level security;
alter table app.processed_messages_default enable row level security;
alter table app.webhook_events enable row level security;
alter table app.webhook_events_default enable row level security;
alter table app.orphan_statuses enable row level security;
grant select, insert, update, delete on app.processed_messages, app.webhook_events, app.orphan_statuses to service_role;

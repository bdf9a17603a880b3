-- What the doors had taken in before, counted by the hour: a duplicate changes nothing, so it leaves no trace but here.
-- (What is new is counted by its own rows: processed_messages, webhook_events.) A slot is one of 256 parts of an hour's
-- count, chosen by the connection: doors that work at the same time write different rows and do not wait for each other.

create table app.ingest_counters (
  shard      smallint    not null default 0,
  hour       timestamptz not null,
  provider   text        not null,
  slot       smallint    not null check (slot between 0 and 255),
  -- POSTs with a duplicate in them, and the duplicates.
  posts      bigint      not null,
  duplicates bigint      not null,
  primary key (shard, hour, provider, slot)
) with (fillfactor = 50);
comment on table app.ingest_counters is 'Duplicates that came in, by the hour; kept for 30 days.';

alter table app.ingest_counters enable row level security;
grant select, insert, update, delete on app.ingest_counters to service_role;

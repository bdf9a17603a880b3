-- A small stand-in for the database side of Supabase Realtime, so that migrations take the same branch as on the
-- platform: broadcast from the database, and private channels authorised by policies on realtime.messages.
-- Idempotent; run as supabase_admin before the migrations. Differences to the platform: messages is not partitioned,
-- and a message reaches the server through NOTIFY instead of logical replication.
create schema if not exists realtime;
grant usage on schema realtime to postgres, anon, authenticated, service_role;

create table if not exists realtime.messages (
  id          uuid not null default gen_random_uuid(),
  topic       text not null,
  extension   text not null,
  payload     jsonb,
  event       text,
  private     boolean default false,
  updated_at  timestamp not null default now(),
  inserted_at timestamp not null default now(),
  primary key (id, inserted_at)
);
alter table realtime.messages enable row level security;
-- On the platform the owner is supabase_realtime_admin, and postgres may create policies on it all the same.
alter table realtime.messages owner to postgres;
grant select, insert on realtime.messages to anon, authenticated, service_role;

-- The topic of the channel that is being authorised; policies compare it.
create or replace function realtime.topic()
  returns text
  language sql
  stable
as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;

-- Broadcasts a payload to everybody who has joined the topic. Never fails the caller's transaction, as on the platform.
-- The payload stays in realtime.messages, because a notification holds 8000 bytes at most.
create or replace function realtime.send(
  payload jsonb,
  event   text,
  topic   text,
  private boolean default true
)
  returns void
  language plpgsql
as $$
declare
  v_id uuid := gen_random_uuid();
begin
  begin
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (v_id, send.payload, send.event, send.topic, send.private, 'broadcast');
    perform pg_notify('local_realtime', v_id::text);
  exception when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
  end;
end
$$;

-- Broadcasts the change of a row; for triggers.
create or replace function realtime.broadcast_changes(
  topic_name   text,
  event_name   text,
  operation    text,
  table_name   text,
  table_schema text,
  new          record,
  old          record,
  level        text default 'ROW'
)
  returns void
  language plpgsql
as $$
begin
  perform realtime.send(
    jsonb_build_object(
      'old_record', old,
      'record', new,
      'operation', operation,
      'table', table_name,
      'schema', table_schema
    ),
    event_name,
    topic_name
  );
end
$$;

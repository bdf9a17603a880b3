-- Keeps an item as it came. Returns 'raw', or 'duplicates' when it is there already.
-- Idempotent by the event's key and day. Called by: ingest_event, ingest_batch.
create function app.keep_raw_event (
  p_shard    smallint,
  p_provider text,
  p_event    jsonb,
  p_reason   text,
  p_error    jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
begin
  insert into app.webhook_events
    (shard, key, occurred_on, tenant_id, account_id, provider, external_id, kind, reason, payload, error, correlation_id, received_at)
  values (
    p_shard,
    left(coalesce(p_event ->> 'account', '-') || ':' || coalesce(p_event ->> 'key', md5(p_event::text)), 500),
    app.event_day(p_event),
    (p_event ->> 'tenant_id')::uuid, (p_event ->> 'account_id')::uuid, p_provider, p_event ->> 'account',
    coalesce(p_event ->> 'kind', 'unknown'), coalesce(p_reason, 'kept for people to see'),
    coalesce(p_event -> 'raw', p_event), p_error, coalesce(p_event ->> 'correlation_id', '-'), app.now())
  on conflict do nothing;
  return case when found then 'raw' else 'duplicates' end;
end;
$$;

revoke execute on function app.keep_raw_event from public;
grant execute on function app.keep_raw_event to service_role;

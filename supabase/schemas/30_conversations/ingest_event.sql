-- Takes in one event, by its kind: messages and what belongs to them, statuses, and the rest, which is kept raw. News of a person's
-- wishes and of templates are kept raw too, and applied the first time.
-- Returns 'queued' (stored, and there is work to do), 'stored', 'duplicates', 'raw', or 'noted' for a sign of typing, which
-- leaves no trace. Idempotent by (account, key, day on which it happened), and beyond that day by what ingest_message and
-- ingest_status do. Raises what a malformed event leads to. Called by: ingest_batch.
create function app.ingest_event (
  p_shard    smallint,
  p_provider text,
  p_event    jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_account uuid := (p_event ->> 'account_id')::uuid;
  v_result  text;
begin
  if p_event ->> 'kind' = 'typing' then
    perform app.ingest_typing(p_shard, p_event) where v_account is not null;
    return 'noted';
  end if;

  if v_account is null then
    return app.keep_raw_event(p_shard, p_provider, p_event,
      case when p_event ->> 'account' is null then p_event ->> 'reason' else 'no such account' end, null);
  end if;

  if p_event ->> 'kind' in ('preference', 'template') then
    v_result := app.keep_raw_event(p_shard, p_provider, p_event, p_event ->> 'reason', null);
    if v_result = 'raw' and p_event ->> 'kind' = 'preference' then
      perform app.apply_preference(p_shard, p_event);
    elsif v_result = 'raw' then
      perform app.apply_template_event(p_shard, p_event);
    end if;
    return v_result;
  end if;

  if p_event ->> 'kind' not in ('message', 'reaction', 'edit', 'revoke', 'system', 'echo', 'status') then
    return app.keep_raw_event(p_shard, p_provider, p_event, p_event ->> 'reason', null);
  end if;

  insert into app.processed_messages (shard, account_id, key, occurred_on, processed_at)
  values (p_shard, v_account, p_event ->> 'key', (p_event ->> 'occurred_at')::timestamptz at time zone 'UTC', app.now())
  on conflict do nothing;
  if not found then
    return 'duplicates';
  end if;

  if p_event ->> 'kind' = 'status' then
    return app.ingest_status(p_shard, p_event);
  end if;
  return app.ingest_message(p_shard, p_event);
end;
$$;

revoke execute on function app.ingest_event from public;
grant execute on function app.ingest_event to service_role;

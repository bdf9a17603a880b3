-- Applies one status of a message of ours, found by the id that we gave along with the send or by the provider's id.
-- A status of a message that is not known (yet) is kept and taken up when the send is recorded.
-- p_event: {account_id, message_id, status, callback_data, error, occurred_at}. Returns 'stored'.
-- Raises SB400 for a status that is none.
-- Locks: outbound message, message, lane, ready; for an orphan lock_provider_message instead. Called by: ingest_event.
create function app.ingest_status (
  p_shard smallint,
  p_event jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_account  uuid := (p_event ->> 'account_id')::uuid;
  v_callback text := p_event ->> 'callback_data';
  v_outbound uuid;
begin
  if v_callback ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    select o.id into v_outbound
      from app.outbound_message o
     where o.shard = p_shard and o.id = v_callback::uuid and o.account_id = v_account;
  end if;
  if v_outbound is null then
    select o.id into v_outbound
      from app.outbound_message o
     where o.shard = p_shard and o.account_id = v_account and o.provider_message_id = p_event ->> 'message_id';
  end if;

  -- Its send may be about to be recorded: whoever comes second under this lock sees the other.
  if v_outbound is null then
    perform app.lock_provider_message(p_shard, v_account, p_event ->> 'message_id');
    select o.id into v_outbound
      from app.outbound_message o
     where o.shard = p_shard and o.account_id = v_account and o.provider_message_id = p_event ->> 'message_id';
  end if;

  if v_outbound is null then
    insert into app.orphan_statuses (shard, account_id, provider_message_id, status, occurred_at, error, received_at)
    values (p_shard, v_account, p_event ->> 'message_id', p_event ->> 'status',
            (p_event ->> 'occurred_at')::timestamptz, p_event -> 'error', app.now())
    on conflict do nothing;
  else
    perform app.apply_outbound_status(p_shard, v_outbound, p_event ->> 'message_id', p_event ->> 'status',
      (p_event ->> 'occurred_at')::timestamptz, p_event -> 'error');
  end if;
  return 'stored';
end;
$$;

revoke execute on function app.ingest_status from public;
grant execute on function app.ingest_status to service_role;

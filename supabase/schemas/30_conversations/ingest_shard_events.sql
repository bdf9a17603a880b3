-- Takes in the events of one shard. The whole batch runs without savepoints; when an item proves poisonous, the batch
-- starts anew with a savepoint around every item, and the poisonous one is kept raw with its error. Trouble of the
-- server (no memory, a deadlock, a shutdown) is never taken for poison: it ends the transaction.
-- p_events: as for ingest_events, with account_id and tenant_id (null when unknown).
-- Returns {stored, duplicates, raw, failed, queued}.
-- Locks: identities (advisory, ascending), contacts (ascending), then per message conversation, lane, ready; then statuses in ascending order of
-- their message, each outbound message, message, lane, ready.
-- Called by: ingest_events.
create function app.ingest_shard_events (
  p_shard    smallint,
  p_provider text,
  p_events   jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_tenant     uuid;
  v_identities jsonb;
  v_counts     jsonb;
begin
  for v_tenant, v_identities in
    select (e ->> 'tenant_id')::uuid, jsonb_agg(i)
      from jsonb_array_elements(p_events) as e
      cross join lateral jsonb_array_elements(case jsonb_typeof(e -> 'identities') when 'array' then e -> 'identities' else '[]' end) as i
     where e ->> 'tenant_id' is not null
     group by (e ->> 'tenant_id')::uuid
     order by (e ->> 'tenant_id')::uuid
  loop
    perform app.lock_identities(p_shard, v_tenant, v_identities);
  end loop;

  begin
    return app.ingest_batch(p_shard, p_provider, p_events, false);
  exception when others then
    if app.is_server_trouble(sqlstate) then
      raise;
    end if;
    v_counts := app.ingest_batch(p_shard, p_provider, p_events, true);
    return v_counts;
  end;
end;
$$;

revoke execute on function app.ingest_shard_events from public;
grant execute on function app.ingest_shard_events to service_role;

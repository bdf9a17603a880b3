-- Takes in the events of one webhook POST, or of one socket read: everything is stored and queued when this returns.
-- Routes every event to its account; what belongs to no account of ours is kept raw.
-- p_events: [{kind, key, account, occurred_at, correlation_id, raw, ...}] as commons/work/ingest.ts writes them.
-- Returns {stored, duplicates, raw, failed, wake}; wake: work was queued, now or by an earlier delivery whose taker may have
-- died before it woke anybody, and no runner is alive to see it.
-- Idempotent: a fact that was taken in before counts as a duplicate and changes nothing.
-- Locks: those of ingest_shard_events and then the connection's counter, shard after shard in ascending order.
-- Called by: the wa-webhook function, through commons/work/ingest.ts.
create function app.ingest_events (
  p_provider text,
  p_events   jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_shard  smallint;
  v_events jsonb;
  v_counts jsonb;
  v_total  jsonb := '{"stored": 0, "duplicates": 0, "raw": 0, "failed": 0}';
  v_queued boolean := false;
  v_key    text;
begin
  for v_shard, v_events in
    select coalesce(a.shard, 0),
           jsonb_agg(e.event || jsonb_build_object('account_id', a.id, 'tenant_id', a.tenant_id) order by e.ordinal)
      from jsonb_array_elements(p_events) with ordinality as e (event, ordinal)
      left join lateral (
        select w.shard, w.id, w.tenant_id
          from public.whatsapp_accounts w
         where w.provider = p_provider and w.external_id = e.event ->> 'account'
        offset 0 -- one look into the index for each event, whatever the planner thinks of the table
      ) as direct on true
      -- News of a business account name no number: any of its numbers leads to its tenant.
      left join lateral (
        select w.shard, w.id, w.tenant_id
          from public.whatsapp_accounts w
         where e.event ->> 'account' is null and w.provider = p_provider and w.business_id = e.event ->> 'business'
         order by w.created_at, w.id
         limit 1
      ) as business on true
      cross join lateral (
        select coalesce(direct.shard, business.shard) as shard, coalesce(direct.id, business.id) as id,
               coalesce(direct.tenant_id, business.tenant_id) as tenant_id
      ) as a
     group by coalesce(a.shard, 0)
     order by coalesce(a.shard, 0)
  loop
    v_counts := app.ingest_shard_events(v_shard, p_provider, v_events);
    if (v_counts ->> 'duplicates')::integer > 0 then
      perform app.count_duplicates(v_shard, p_provider, (v_counts ->> 'duplicates')::bigint);
    end if;
    v_queued := v_queued or (v_counts ->> 'queued')::integer > 0 or (v_counts ->> 'duplicates')::integer > 0;
    foreach v_key in array array['stored', 'duplicates', 'raw', 'failed'] loop
      v_total := jsonb_set(v_total, array[v_key], to_jsonb((v_total ->> v_key)::integer + (v_counts ->> v_key)::integer));
    end loop;
  end loop;

  return v_total || jsonb_build_object('wake', v_queued and not app.runner_is_alive());
end;
$$;

revoke execute on function app.ingest_events from public;
grant execute on function app.ingest_events to service_role;

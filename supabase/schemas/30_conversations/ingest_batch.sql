-- Takes in a list of events one by one: first the messages, wishes and signs of typing in their order, then the statuses in the order of the
-- messages they speak of and of their keys (so that two batches lock them in the same order), then the rest.
-- p_isolate: a savepoint around every item; an item that fails is kept raw with its error and counted as failed.
-- Returns {stored, duplicates, raw, failed, queued}. Called by: ingest_shard_events.
create function app.ingest_batch (
  p_shard    smallint,
  p_provider text,
  p_events   jsonb,
  p_isolate  boolean
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_event  jsonb;
  v_result text;
  v_counts jsonb := '{"stored": 0, "duplicates": 0, "raw": 0, "failed": 0, "queued": 0}';
begin
  for v_event in
    select e.event
      from jsonb_array_elements(p_events) with ordinality as e (event, ordinal)
     order by case when e.event ->> 'kind' = 'status' then 1 when e.event ? 'message' or e.event ->> 'kind' in ('typing', 'preference') then 0 else 2 end,
              case when e.event ->> 'kind' = 'status' then e.event ->> 'message_id' end,
              case when e.event ->> 'kind' = 'status' then e.event ->> 'key' end,
              e.ordinal
  loop
    if p_isolate then
      begin
        v_result := app.ingest_event(p_shard, p_provider, v_event);
      exception when others then
        if app.is_server_trouble(sqlstate) then
          raise;
        end if;
        v_result := app.keep_raw_event(p_shard, p_provider, v_event, 'could not be ingested',
          jsonb_build_object('code', sqlstate, 'message', sqlerrm));
        v_result := case v_result when 'raw' then 'failed' else v_result end;
      end;
    else
      v_result := app.ingest_event(p_shard, p_provider, v_event);
    end if;
    continue when v_result = 'noted';
    if v_result = 'queued' then
      v_counts := jsonb_set(v_counts, '{stored}', to_jsonb((v_counts ->> 'stored')::integer + 1));
    end if;
    v_counts := jsonb_set(v_counts, array[v_result], to_jsonb((v_counts ->> v_result)::integer + 1));
  end loop;
  return v_counts;
end;
$$;

revoke execute on function app.ingest_batch from public;
grant execute on function app.ingest_batch to service_role;

-- Counts the duplicates in one POST to a shard. Forgets, once an hour and slot, what is older than 30 days.
-- Not idempotent: a POST that comes a third time is counted again, which is what the count is for.
-- Locks: the connection's own row of the hour. Called by: ingest_events, as the last step in a shard.
create function app.count_duplicates (
  p_shard      smallint,
  p_provider   text,
  p_duplicates bigint
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_hour  timestamptz := date_trunc('hour', app.now(), 'UTC');
  v_slot  smallint := pg_backend_pid() % 256;
  v_posts bigint;
begin
  insert into app.ingest_counters as c (shard, hour, provider, slot, posts, duplicates)
  values (p_shard, v_hour, p_provider, v_slot, 1, p_duplicates)
  on conflict (shard, hour, provider, slot) do update
    set posts      = c.posts + 1,
        duplicates = c.duplicates + excluded.duplicates
  returning c.posts into v_posts;

  if v_posts = 1 then
    delete from app.ingest_counters c
     where c.shard = p_shard and c.hour < v_hour - interval '30 days' and c.provider = p_provider and c.slot = v_slot;
  end if;
end;
$$;

revoke execute on function app.count_duplicates from public;
grant execute on function app.count_duplicates to service_role;

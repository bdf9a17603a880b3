-- Caps how many lanes of a queue may be leased at the same time; null takes the cap away. What is leased stays leased.
-- Idempotent. Locks: the limit. Called by: people.
create function app.set_queue_limit (
  p_shard           smallint,
  p_queue           app.queue_name,
  p_max_concurrency integer
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  delete from app.queue_limits where shard = p_shard and queue = p_queue and p_max_concurrency is null;
  insert into app.queue_limits (shard, queue, max_concurrency)
  select p_shard, p_queue, p_max_concurrency where p_max_concurrency is not null
  on conflict (shard, queue) do update set max_concurrency = excluded.max_concurrency;
end;
$$;

revoke execute on function app.set_queue_limit from public;
grant execute on function app.set_queue_limit to service_role;

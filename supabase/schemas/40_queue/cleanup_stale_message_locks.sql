-- Forgets leases outside of the queues that ran out; at most p_limit. Returns how many.
-- Idempotent. Locks: leases with skip locked. Called by: sweep.
create function app.cleanup_stale_message_locks (
  p_shard smallint,
  p_limit integer default 1000
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now   timestamptz := app.now();
  v_count integer;
begin
  with stale as materialized (
    select l.kind, l.key from app.leases l
     where l.shard = p_shard and l.expires_at <= v_now order by l.expires_at limit p_limit for update skip locked
  )
  delete from app.leases l using stale s where l.shard = p_shard and l.kind = s.kind and l.key = s.key;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;

revoke execute on function app.cleanup_stale_message_locks from public;
grant execute on function app.cleanup_stale_message_locks to service_role;

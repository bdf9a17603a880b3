-- Takes a lease on a message, or on anything that has a key. Returns its fencing token, or null when somebody has it. It
-- ends after p_ttl by itself; whoever writes under it gives it back, and is told then whether it was still theirs.
-- Locks: the lease's row. Called by: whoever works on something outside of the queues.
create function app.acquire_message_lock (
  p_shard smallint,
  p_key   text,
  p_owner text,
  p_ttl   interval default '30 seconds'
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
begin
  return app.acquire_lease(p_shard, 'message', p_key, p_owner, p_ttl);
end;
$$;

revoke execute on function app.acquire_message_lock from public;
grant execute on function app.acquire_message_lock to service_role;

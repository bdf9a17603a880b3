-- Gives the lease of acquire_message_lock back. Returns whether it was still the caller's. Idempotent.
-- Locks: the lease's row. Called by: whoever acquired it.
create function app.release_message_lock (
  p_shard smallint,
  p_key   text,
  p_owner text,
  p_token bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  return app.release_lease(p_shard, 'message', p_key, p_owner, p_token);
end;
$$;

revoke execute on function app.release_message_lock from public;
grant execute on function app.release_message_lock to service_role;

-- Gives the lease of acquire_conversation_lock back. Returns whether it was still the caller's. Idempotent.
-- Locks: the lease's row. Called by: whoever acquired it.
create function app.release_conversation_lock (
  p_shard           smallint,
  p_conversation_id uuid,
  p_owner           text,
  p_token           bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  return app.release_lease(p_shard, 'conversation', p_conversation_id::text, p_owner, p_token);
end;
$$;

revoke execute on function app.release_conversation_lock from public;
grant execute on function app.release_conversation_lock to service_role;

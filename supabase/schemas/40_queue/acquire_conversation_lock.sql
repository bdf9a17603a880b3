-- Takes a lease on a conversation, for work outside of the queues such as a person's answer. Returns its fencing token, or
-- null when somebody has it. It ends after p_ttl by itself; whoever writes under it gives it back, and is told then
-- whether it was still theirs. Raises SB404 for a conversation that is not there.
-- Locks: the lease's row. Called by: whoever works on a conversation from outside of the queues.
create function app.acquire_conversation_lock (
  p_shard           smallint,
  p_conversation_id uuid,
  p_owner           text,
  p_ttl             interval default '30 seconds'
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
begin
  if not exists (select from public.conversations where shard = p_shard and id = p_conversation_id) then
    raise exception sqlstate 'SB404' using message = format('there is no conversation %s in shard %s', p_conversation_id, p_shard);
  end if;
  return app.acquire_lease(p_shard, 'conversation', p_conversation_id::text, p_owner, p_ttl);
end;
$$;

revoke execute on function app.acquire_conversation_lock from public;
grant execute on function app.acquire_conversation_lock to service_role;

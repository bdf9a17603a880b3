-- Gives a lease outside of the queues back. Returns whether it was still the caller's: false says that it ran out and
-- somebody else may have done the work. Idempotent. Locks: the lease's row.
-- Called by: release_message_lock, release_conversation_lock.
create function app.release_lease (
  p_shard smallint,
  p_kind  text,
  p_key   text,
  p_owner text,
  p_token bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  delete from app.leases
   where shard = p_shard and kind = p_kind and key = p_key and owner = p_owner and token = p_token;
  return found;
end;
$$;

revoke execute on function app.release_lease from public;
grant execute on function app.release_lease to service_role;

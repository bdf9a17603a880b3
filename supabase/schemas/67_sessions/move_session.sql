-- Wants a session to go to another worker: p_to, or any that has room. Its owner closes the connection and gives it back, the
-- next one connects with the same keys; nobody logs out. For five seconds it is kept for that worker, or from its former one.
-- Idempotent. Returns whether a worker owns it. Locks: lease. Called by: people.
create function app.move_session (
  p_shard      smallint,
  p_account_id uuid,
  p_to         text default null
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  update app.session_leases set move_at = app.now(), move_to = p_to
   where shard = p_shard and account_id = p_account_id and owner is not null and owner is distinct from p_to;
  if not found then
    return false;
  end if;
  perform app.wake_session_workers();
  return true;
end;
$$;

revoke execute on function app.move_session from public;
grant execute on function app.move_session to service_role;

-- Wants a session to stop: its worker closes the connection and gives it back; the device stays linked.
-- Idempotent. Raises SB404 without a session. Locks: lease, session. Called by: people.
create function app.stop_session (
  p_shard      smallint,
  p_account_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform from app.session_leases where shard = p_shard and account_id = p_account_id for no key update;
  update public.sessions set desired = 'stopped' where shard = p_shard and account_id = p_account_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('account %s has no session', p_account_id);
  end if;
  update app.session_leases set expires_at = 'infinity' where shard = p_shard and account_id = p_account_id and owner is null;
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
end;
$$;

revoke execute on function app.stop_session from public;
grant execute on function app.stop_session to service_role;

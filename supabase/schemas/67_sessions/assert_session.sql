-- Makes sure that a token is the present lease of a session, and keeps it so until the transaction ends: a takeover waits.
-- p_ends: the caller will end the lease. Whether it has run out does not matter as long as nobody has taken it.
-- Raises SB001 otherwise. Locks: lease, shared unless p_ends. Called by: every write under the lease of a session.
create function app.assert_session (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_ends       boolean default false
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if p_ends then
    perform from app.session_leases
      where shard = p_shard and account_id = p_account_id and token = p_token and owner is not null for no key update;
  else
    perform from app.session_leases
      where shard = p_shard and account_id = p_account_id and token = p_token and owner is not null for share;
  end if;
  if not found then
    raise exception sqlstate 'SB001' using message = format('token %s is not the present lease of session %s', p_token, p_account_id);
  end if;
end;
$$;

revoke execute on function app.assert_session from public;
grant execute on function app.assert_session to service_role;

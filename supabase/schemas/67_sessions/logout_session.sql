-- Wants a session to log out of WhatsApp: a worker tells WhatsApp, then the keys are forgotten. One that was never linked, or is
-- not any more, is logged out at once.
-- Idempotent. Raises SB404 without a session. Locks: lease, session. Called by: people.
create function app.logout_session (
  p_shard      smallint,
  p_account_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_session public.sessions;
  v_owner   text;
begin
  select owner into v_owner from app.session_leases where shard = p_shard and account_id = p_account_id for no key update;
  select * into v_session from public.sessions where shard = p_shard and account_id = p_account_id for no key update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('account %s has no session', p_account_id);
  end if;
  if v_owner is null and (v_session.paired_jid is null or v_session.state = 'LOGGED_OUT') then
    update public.sessions
       set desired = 'stopped', state = 'LOGGED_OUT', reason = 'logged_out', words = 'It was logged out here.', retry_at = null, state_at = v_now
     where shard = p_shard and account_id = p_account_id and state <> 'LOGGED_OUT';
    delete from app.session_creds where shard = p_shard and account_id = p_account_id;
    delete from app.session_keys where shard = p_shard and account_id = p_account_id;
    update app.session_leases set expires_at = 'infinity' where shard = p_shard and account_id = p_account_id;
  else
    update public.sessions set desired = 'logged_out' where shard = p_shard and account_id = p_account_id;
    update app.session_leases set expires_at = v_now, left_by = null
     where shard = p_shard and account_id = p_account_id and owner is null;
  end if;
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
end;
$$;

revoke execute on function app.logout_session from public;
grant execute on function app.logout_session to service_role;

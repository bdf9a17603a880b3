-- Wants a session to run again, whatever it stopped for: a linked one connects, one that is not is linked anew, by p_method and
-- p_phone when they are given (create_session). What runs is left alone. A session that was logged out is always linked anew.
-- Idempotent but for the budget of links. Raises SB404 without a session, SB409 when the budget is spent (link_budget).
-- Locks: lease, session, link. Called by: people.
create function app.restart_session (
  p_shard      smallint,
  p_account_id uuid,
  p_method     text default null,
  p_phone      text default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_session public.sessions;
  v_linked  boolean;
  v_owner   text;
begin
  select owner into v_owner from app.session_leases where shard = p_shard and account_id = p_account_id for no key update;
  select * into v_session from public.sessions where shard = p_shard and account_id = p_account_id for no key update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('account %s has no session; create one', p_account_id);
  end if;
  if v_session.state not in ('NEEDS_HUMAN', 'LOGGED_OUT') and (v_session.desired = 'running' or v_owner is not null) then
    update public.sessions set desired = 'running' where shard = p_shard and account_id = p_account_id;
    return;
  end if;

  v_linked := v_session.paired_jid is not null and v_session.state <> 'LOGGED_OUT';
  if not v_linked then
    perform app.link_budget(p_shard, p_account_id);
    update public.session_links
       set method = coalesce(p_method, method), phone = coalesce(p_phone, phone), code = null, expires_at = null
     where shard = p_shard and account_id = p_account_id;
  end if;
  update public.sessions
     set desired = 'running', attempts = 0, retry_at = null, state_at = v_now,
         state = case when v_linked then 'DEGRADED' else 'NEW' end,
         reason = case when v_linked then 'restarting' end,
         words = case when v_linked then 'The connection is being made again.' end,
         paired_jid = case when v_linked then paired_jid end
   where shard = p_shard and account_id = p_account_id;
  update app.session_leases set expires_at = v_now, left_by = null
   where shard = p_shard and account_id = p_account_id;
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
end;
$$;

revoke execute on function app.restart_session from public;
grant execute on function app.restart_session to service_role;

-- Tells the members of the tenant, through Realtime, how a session is; and the workers, when p_wakes, that there is
-- something to do with it. Never fails for want of Realtime. The code is not told, only until when there is one.
-- Called by: whatever changes a session.
create function app.tell_session (
  p_shard      smallint,
  p_account_id uuid,
  p_wakes      boolean default false
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_tenant  uuid;
  v_payload jsonb;
begin
  if p_wakes then
    perform app.wake_session_workers();
  end if;
  if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is null then
    return;
  end if;
  select s.tenant_id,
         jsonb_build_object('account_id', s.account_id, 'desired', s.desired, 'state', s.state, 'reason', s.reason, 'words', s.words,
           'retry_at', s.retry_at, 'state_at', s.state_at, 'method', l.method, 'code_expires_at', l.expires_at)
    into v_tenant, v_payload
    from public.sessions s
    join public.session_links l on l.shard = s.shard and l.account_id = s.account_id
   where s.shard = p_shard and s.account_id = p_account_id;
  if found then
    execute 'select realtime.send($1, $2, $3, true)' using v_payload, 'session', 'sessions:' || v_tenant;
  end if;
end;
$$;

revoke execute on function app.tell_session from public;
grant execute on function app.tell_session to service_role;

-- Makes the session of an account of the provider `baileys`: the row first; a worker finds it and connects. p_method: `qr`, or
-- `code` for the phone p_phone (digits), which then types eight characters instead.
-- Idempotent: a session that is there stays as it is (restart_session links it anew). Returns whether it was made.
-- Raises SB404 without the account, SB400 for another provider, 23514 for a method or number that is none.
-- Locks: the new rows. Called by: people.
create function app.create_session (
  p_shard      smallint,
  p_account_id uuid,
  p_method     text default 'qr',
  p_phone      text default null
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_account public.whatsapp_accounts;
begin
  select * into v_account from public.whatsapp_accounts where shard = p_shard and id = p_account_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no account %s in shard %s', p_account_id, p_shard);
  end if;
  if v_account.provider <> 'baileys' then
    raise exception sqlstate 'SB400' using message = format('account %s is one of %s; only accounts of baileys are linked', p_account_id, v_account.provider);
  end if;

  insert into public.sessions (shard, account_id, tenant_id, state_at, created_at)
  values (p_shard, p_account_id, v_account.tenant_id, v_now, v_now)
  on conflict do nothing;
  if not found then
    return false;
  end if;
  insert into public.session_links (shard, account_id, tenant_id, method, phone)
  values (p_shard, p_account_id, v_account.tenant_id, p_method, p_phone);
  insert into app.session_leases (shard, account_id, expires_at) values (p_shard, p_account_id, v_now);
  perform app.link_budget(p_shard, p_account_id);
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
  return true;
end;
$$;

revoke execute on function app.create_session from public;
grant execute on function app.create_session to service_role;

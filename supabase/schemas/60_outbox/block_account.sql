-- Keeps an account from sending, because of what the provider said: slow_number for a while, slow_app all accounts of the
-- tenant at that provider (they share the app and the business account), pause_number and stop_channel until a person,
-- who is asked by a task, says go on. Messages stay QUEUED meanwhile.
-- p_wait_s: seconds that the provider named. Without: 2, 4, 8 ... up to 300 for a number, 60, 120 ... up to 3600 for an
-- app; the row begins anew ten minutes after the last time. A stop outranks a pause, that a slowing; refusals of what
-- was on its way already change nothing.
-- Never waits, because its callers hold messages: while somebody else writes the account's state, this is skipped, and the
-- next refusal says the same again. Locks: the state and the task, under an advisory lock of the account.
-- Called by: refuse_outbound.
create function app.block_account (
  p_shard      smallint,
  p_account_id uuid,
  p_class      text,
  p_code       text,
  p_reason     text,
  p_wait_s     double precision default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_state   text := case p_class when 'pause_number' then 'paused' when 'stop_channel' then 'stopped' else 'slowed' end;
  v_account public.whatsapp_accounts;
  v_old     app.account_send_state;
  v_strikes smallint;
begin
  for v_account in
    select a.*
      from public.whatsapp_accounts a
      join public.whatsapp_accounts mine on mine.shard = a.shard and mine.id = p_account_id
     where a.shard = p_shard and (a.id = mine.id or (p_class = 'slow_app' and a.tenant_id = mine.tenant_id and a.provider = mine.provider))
     order by a.id
  loop
    continue when not pg_try_advisory_xact_lock(hashtextextended('account_send_state:' || v_account.id, p_shard));
    select * into v_old from app.account_send_state where shard = p_shard and account_id = v_account.id;
    continue when v_old.state in ('paused', 'stopped') and (v_old.state = 'stopped' or v_state <> 'stopped');
    continue when v_old.state = 'slowed' and v_state = 'slowed' and v_old.blocked_until > v_now;

    v_strikes := case when v_old.state = 'slowed' and v_old.blocked_until > v_now - interval '10 minutes' then least(v_old.strikes + 1, 20) else 1 end;
    insert into app.account_send_state (shard, account_id, tenant_id, state, blocked_until, strikes, code, reason, changed_at)
    values (p_shard, v_account.id, v_account.tenant_id, v_state,
            case when v_state <> 'slowed' then 'infinity'
                 else v_now + make_interval(secs => coalesce(p_wait_s, case p_class when 'slow_app' then least(30 * power(2, v_strikes), 3600)
                                                                                    else least(power(2, v_strikes), 300) end)) end,
            v_strikes, p_code, left(p_reason, 900), v_now)
    on conflict (shard, account_id) do update
      set state = excluded.state, blocked_until = excluded.blocked_until, strikes = excluded.strikes, code = excluded.code,
          reason = excluded.reason, changed_at = excluded.changed_at;

    if v_state <> 'slowed' then
      perform app.open_task(p_shard, v_account.tenant_id, case v_state when 'paused' then 'number_paused' else 'channel_stopped' end,
        v_account.id::text, left(p_reason, 900),
        jsonb_build_object('account_id', v_account.id, 'detail', jsonb_build_object('code', p_code)));
    end if;
  end loop;
end;
$$;

revoke execute on function app.block_account from public;
grant execute on function app.block_account to service_role;

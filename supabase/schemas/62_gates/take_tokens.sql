-- Takes a token for a send out of the bucket of its conversation and out of that of its number; null: both had one.
-- Else {until, why}: nothing is taken from either. Within any second at most send_rate_per_s leave a number; to one
-- person one in pair_interval_ms, and pair_burst at once, borrowed from what comes after. Who waits for the number is
-- told a time of their own, one after the other, so that not all come back at once; at most a minute ahead. A bucket is
-- never emptier than empty: a clock that was set back, or a lower rate, keeps nobody waiting for longer than a full one lasts.
-- Locks: the conversation's bucket, then the number's: a row that every send of the number needs, so this comes last in
-- its transaction.
-- Called by: check_outbound.
create function app.take_tokens (
  p_shard           smallint,
  p_account_id      uuid,
  p_conversation_id uuid
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  -- What is sent later may be under way for less time: the provider counts arrivals.
  c_jitter  constant interval := '250 milliseconds';
  v_now     timestamptz := app.now();
  v_account public.whatsapp_accounts;
  v_pair    interval;
  v_before  timestamptz;
  v_burst   integer;
  v_gap     interval;
  v_granted boolean;
  v_asked   timestamptz;
begin
  select * into strict v_account from public.whatsapp_accounts where shard = p_shard and id = p_account_id;
  v_pair := make_interval(secs => v_account.pair_interval_ms / 1000.0);
  -- A tenth of a second's sends at once, and nine tenths a second: together the rate, in every second.
  v_burst := greatest(1, v_account.send_rate_per_s / 10);
  v_gap := interval '1 second' / (0.9 * v_account.send_rate_per_s);

  insert into app.pair_pace (shard, conversation_id, tat) values (p_shard, p_conversation_id, '-infinity') on conflict do nothing;
  select tat into strict v_before from app.pair_pace where shard = p_shard and conversation_id = p_conversation_id for no key update;
  if v_before > v_now + v_account.pair_burst * v_pair then
    update app.pair_pace set tat = v_now + v_account.pair_burst * v_pair
     where shard = p_shard and conversation_id = p_conversation_id
    returning tat into strict v_before;
  end if;
  v_asked := v_before - (v_account.pair_burst - 1) * v_pair + c_jitter;
  if v_asked > v_now and v_before > v_now then
    return jsonb_build_object('until', v_asked, 'why', 'pair_rate');
  end if;
  update app.pair_pace set tat = greatest(v_before, v_now) + v_pair where shard = p_shard and conversation_id = p_conversation_id;

  insert into app.send_pace as p (shard, account_id, tat, asked, granted)
  values (p_shard, p_account_id, v_now + v_gap, v_now, true)
  on conflict (shard, account_id) do update
    set granted = p.tat - (v_burst - 1) * v_gap <= v_now,
        tat     = case when p.tat - (v_burst - 1) * v_gap <= v_now then greatest(p.tat, v_now) + v_gap else least(p.tat, v_now + v_burst * v_gap) end,
        asked   = case when p.tat - (v_burst - 1) * v_gap <= v_now then p.asked
                       else greatest(least(p.asked, v_now + interval '1 minute') + v_gap, least(p.tat, v_now + v_burst * v_gap) - (v_burst - 1) * v_gap) end
  returning p.granted, p.asked into v_granted, v_asked;
  if v_granted then
    return null;
  end if;
  update app.pair_pace set tat = v_before where shard = p_shard and conversation_id = p_conversation_id;
  return jsonb_build_object('until', v_asked, 'why', 'number_rate');
end;
$$;

revoke execute on function app.take_tokens from public;
grant execute on function app.take_tokens to service_role;

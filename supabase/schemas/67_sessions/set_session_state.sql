-- Writes down how a session is, for its owner. p_reason and p_words: why it is not open, and what to do about it.
--   BACKOFF      tried again after p_retry_in, or after a backoff that doubles up to a minute with every connection that failed
--                or broke within five minutes of being open
--   OPEN         p_paired_jid is the linked device; a task about it is resolved
--   NEEDS_HUMAN  the lease ends, nobody connects until a person restarts it, or p_retry_in has passed; a linked one gets a task
--   LOGGED_OUT   the lease ends and the keys are forgotten; likewise
-- Returns the pause before the next try in ms, or null. Raises SB001 under a stale lease, SB409 for a step that is none, 23514 for a
-- state without what belongs to it. Locks: lease, session, link, task. Called by: the runner.
create function app.set_session_state (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_state      text,
  p_reason     text     default null,
  p_words      text     default null,
  p_retry_in   interval default null,
  p_paired_jid text     default null
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_session  public.sessions;
  v_attempts integer;
  v_pause    interval := p_retry_in;
  v_ends     boolean := p_state in ('NEEDS_HUMAN', 'LOGGED_OUT');
begin
  perform app.assert_session(p_shard, p_account_id, p_token, p_ends => v_ends);
  select * into strict v_session from public.sessions where shard = p_shard and account_id = p_account_id for no key update;
  if not app.session_may_become(v_session.state, p_state) then
    raise exception sqlstate 'SB409' using message = format('session %s is %s and cannot become %s', p_account_id, v_session.state, p_state);
  end if;

  v_attempts := v_session.attempts;
  if v_session.state = 'OPEN' and p_state <> 'OPEN' and v_session.opened_at <= v_now - interval '5 minutes' then
    v_attempts := 0;
  end if;
  if p_state = 'BACKOFF' then
    v_attempts := v_attempts + 1;
    v_pause := coalesce(p_retry_in, app.backoff(v_attempts, '1 second', '60 seconds'));
  end if;

  update public.sessions
     set state = p_state, reason = p_reason, words = p_words, attempts = v_attempts,
         desired     = case when p_state = 'LOGGED_OUT' and desired = 'logged_out' then 'stopped' else desired end,
         retry_at    = case when p_state in ('BACKOFF', 'NEEDS_HUMAN') then v_now + v_pause end,
         paired_jid  = coalesce(p_paired_jid, paired_jid),
         connects    = connects + (p_state = 'OPEN' and state <> 'OPEN')::integer,
         disconnects = disconnects + (p_state <> 'OPEN' and state = 'OPEN')::integer,
         opened_at   = case when p_state = 'OPEN' and state <> 'OPEN' then v_now else opened_at end,
         state_at    = case when p_state = state then state_at else v_now end
   where shard = p_shard and account_id = p_account_id
  returning * into v_session;
  if p_state not in ('QR', 'PAIRING') or p_paired_jid is not null then
    update public.session_links set code = null, expires_at = null
     where shard = p_shard and account_id = p_account_id and code is not null;
  end if;
  if p_state = 'LOGGED_OUT' then
    delete from app.session_creds where shard = p_shard and account_id = p_account_id;
    delete from app.session_keys where shard = p_shard and account_id = p_account_id;
  end if;
  if v_ends then
    update app.session_leases
       set owner = null, acquired_at = null, move_at = null, move_to = null,
           expires_at = case when p_state = 'NEEDS_HUMAN' then coalesce(v_now + v_pause, 'infinity') else 'infinity' end
     where shard = p_shard and account_id = p_account_id;
  end if;

  if p_state = 'OPEN' then
    perform app.resolve_task(p_shard, v_session.tenant_id, 'channel_stopped', p_account_id::text, 'system', 'It is connected again.');
  elsif v_ends and v_session.paired_jid is not null then
    perform app.open_task(p_shard, v_session.tenant_id, 'channel_stopped', p_account_id::text, p_words,
      jsonb_build_object('account_id', p_account_id, 'detail', jsonb_build_object('reason', p_reason, 'state', p_state)));
  end if;
  perform app.tell_session(p_shard, p_account_id);
  return (extract(epoch from v_pause) * 1000)::integer;
end;
$$;

revoke execute on function app.set_session_state from public;
grant execute on function app.set_session_state to service_role;

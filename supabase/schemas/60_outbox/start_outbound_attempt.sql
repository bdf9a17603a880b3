-- Prepares the head of a leased outbound lane for sending and records the intent.
-- Returns {action: 'send', attempt_no, account_id, credentials_at, recipient, content, correlation_id, fresh_media}: make it
-- ready, call mark_outbound_io right before it leaves, and report by finish_outbound_attempt. fresh_media: the last attempt was
-- refused because of its file, which must be uploaded anew. Or {action: 'done'}: nothing to send (the message was accepted,
-- cancelled or parked meanwhile); or {action: 'wait', why}: not now; both have given the lane back. Why: 'unknown' (whether an
-- earlier try was taken), 'retry' (its time has not come), or what keeps the account: 'slowed', 'paused', 'stopped', 'disabled'.
--
-- An attempt of a worker that died is settled first: an INTENT has certainly not left, and the message is sent as if nothing
-- had been; else it is UNKNOWN; after the tenant's waiting time without a status, the tenant's policy decides: park it for a
-- person, or send once more. A status that comes after that decision still stops the second send until it begins to leave
-- (mark_outbound_io); from there on, for as long as the request travels, both may arrive: that is what resend_once accepts.
-- An account that may not send, because of the provider or because a person paused or disabled it, keeps its messages QUEUED
-- in their order; its lanes look again every 15 minutes, and at once when resume_account_sending is called.
-- An answer to which the customer has written more is taken back first (recall_answer), as long as nothing of it has left.
-- Raises SB001 when the lease is stale. Locks: those of recall_answer, outbound message, message, lane, ready. Called by: commons/handlers/send.ts.
create function app.start_outbound_attempt (
  p_shard       smallint,
  p_lane_id     uuid,
  p_token       bigint,
  p_seq         bigint,
  p_outbound_id uuid,
  p_worker      text
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_outbound app.outbound_message;
  v_tenant   public.tenants;
  v_account  record;
  v_last     app.outbound_attempt;
  v_until    timestamptz;
begin
  perform app.recall_answer(p_shard, p_lane_id, p_token, p_outbound_id);

  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  select * into strict v_tenant from public.tenants where shard = p_shard and id = v_outbound.tenant_id;
  perform app.assert_lease(p_shard, 'outbound', p_lane_id, p_token);

  if v_outbound.status = 'SENDING' then
    perform app.lose_outbound_attempts(p_shard, array[p_outbound_id]);
  end if;
  select * into v_last
    from app.outbound_attempt
   where shard = p_shard and outbound_message_id = p_outbound_id
   order by attempt_no desc
   limit 1;
  if v_outbound.status = 'SENDING' then
    v_outbound := app.set_outbound_status(p_shard, p_outbound_id, case v_last.state when 'UNKNOWN' then 'UNKNOWN' else 'QUEUED' end);
  end if;

  if v_outbound.status = 'UNKNOWN' then
    v_until := v_outbound.unknown_since + make_interval(secs => v_tenant.unknown_send_wait_s);
    if v_until > v_now then
      perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, v_until);
      return '{"action": "wait", "why": "unknown"}';
    end if;
    if v_tenant.unknown_send_policy = 'leave' or (
      select count(*) > 1 from app.outbound_attempt
       where shard = p_shard and outbound_message_id = p_outbound_id and state = 'UNKNOWN'
    ) then
      v_outbound := app.set_outbound_status(p_shard, p_outbound_id, 'PARKED');
    end if;
  end if;

  if v_outbound.status not in ('QUEUED', 'UNKNOWN') then
    perform app.complete_queue_messages(p_shard, 'outbound', p_lane_id, p_token, p_seq);
    return '{"action": "done"}';
  end if;

  select case when a.status <> 'active' then a.status else s.state end as why,
         case when a.status <> 'active' then 'infinity' else s.blocked_until end as until,
         c.updated_at as credentials_at
    into strict v_account
    from public.whatsapp_accounts a
    left join app.account_send_state s on s.shard = a.shard and s.account_id = a.id
    left join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
   where a.shard = p_shard and a.id = v_outbound.account_id;
  if v_account.until > v_now or v_last.next_retry_at > v_now then
    perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token,
      greatest(case when v_account.until > v_now then least(v_account.until, v_now + interval '15 minutes') end, v_last.next_retry_at));
    return jsonb_build_object('action', 'wait', 'why', case when v_account.until > v_now then v_account.why else 'retry' end);
  end if;

  -- Whether it may go at all (the window, consent, pace ...) is to be asked here: it is known that it is to be sent, and
  -- nothing has been written about an attempt.

  insert into app.outbound_attempt (shard, outbound_message_id, attempt_no, state, token, worker, started_at)
  values (p_shard, p_outbound_id, coalesce(v_last.attempt_no, 0) + 1, 'INTENT', p_token, p_worker, v_now);
  perform app.set_outbound_status(p_shard, p_outbound_id, 'SENDING');

  return jsonb_build_object('action', 'send', 'attempt_no', coalesce(v_last.attempt_no, 0) + 1, 'account_id', v_outbound.account_id,
    'credentials_at', v_account.credentials_at, 'recipient', app.recipient_of(p_shard, v_outbound.conversation_id),
    'content', v_outbound.content, 'correlation_id', v_outbound.correlation_id,
    'fresh_media', coalesce(v_outbound.error ->> 'class' = 'reupload', false));
end;
$$;

revoke execute on function app.start_outbound_attempt from public;
grant execute on function app.start_outbound_attempt to service_role;

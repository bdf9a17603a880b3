-- Prepares the head of a leased outbound lane for sending and records, before anything leaves, that it is about to.
-- Returns {action: 'send', attempt_no, account_id, recipient, content, correlation_id}: send it and report
-- by finish_outbound_attempt; or {action: 'done' | 'wait'}: nothing to send, the lane has been given back (the message
-- was accepted, cancelled or parked meanwhile; or nobody knows yet whether the provider took an earlier try).
-- An attempt that was begun and never reported (its worker died) makes the message UNKNOWN; after the tenant's waiting
-- time without a status, the tenant's policy decides: park it for a person, or send once more.
-- Whether it may leave now, and as what, is for check_outbound to say: held, parked, refused or replaced accordingly (follow_verdict).
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
  v_attempt  smallint;
  v_verdict  jsonb;
  v_action   jsonb;
begin
  perform app.recall_answer(p_shard, p_lane_id, p_token, p_outbound_id);

  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  select * into strict v_tenant from public.tenants where shard = p_shard and id = v_outbound.tenant_id;
  perform app.assert_lease(p_shard, 'outbound', p_lane_id, p_token);

  if v_outbound.status = 'SENDING' then
    update app.outbound_attempt
       set state = 'UNKNOWN', finished_at = v_now, error_code = 'worker_lost'
     where shard = p_shard and outbound_message_id = p_outbound_id and state = 'IO_STARTED';
    v_outbound := app.set_outbound_status(p_shard, p_outbound_id, 'UNKNOWN');
  end if;

  if v_outbound.status = 'UNKNOWN' then
    if v_outbound.unknown_since + make_interval(secs => v_tenant.unknown_send_wait_s) > v_now then
      perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token,
        v_outbound.unknown_since + make_interval(secs => v_tenant.unknown_send_wait_s));
      return '{"action": "wait"}';
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

  v_verdict := app.check_outbound(p_shard, v_outbound, v_tenant);
  if v_verdict is not null then
    v_action := app.follow_verdict(p_shard, p_lane_id, p_token, p_seq, v_outbound, v_verdict);
    if v_action is not null then
      return v_action;
    end if;
    select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id;
  end if;

  insert into app.outbound_attempt (shard, outbound_message_id, attempt_no, state, token, worker, started_at)
  select p_shard, p_outbound_id, coalesce(max(a.attempt_no), 0) + 1, 'IO_STARTED', p_token, p_worker, v_now
    from app.outbound_attempt a
   where a.shard = p_shard and a.outbound_message_id = p_outbound_id
  returning attempt_no into v_attempt;
  perform app.set_outbound_status(p_shard, p_outbound_id, 'SENDING');

  return jsonb_build_object('action', 'send', 'attempt_no', v_attempt, 'account_id', v_outbound.account_id,
    'recipient', app.recipient_of(p_shard, v_outbound.conversation_id), 'content', coalesce(v_outbound.sent_content, v_outbound.content),
    'correlation_id', v_outbound.correlation_id);
end;
$$;

revoke execute on function app.start_outbound_attempt from public;
grant execute on function app.start_outbound_attempt to service_role;

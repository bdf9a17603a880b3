-- Records how an attempt ended and lets the lane go on accordingly.
-- p_outcome: {state: 'ACCEPTED', provider_message_id, response} | {state: 'REJECTED', class, code, message, response,
-- retry_after_s} | {state: 'UNKNOWN', code, message}.
-- Accepted: SENT, and what orphaned statuses already say. Rejected: what the class means (refuse_outbound): QUEUED again and
-- tried later in its place, or FAILED, and the lane moves on. Unknown: UNKNOWN, and the lane waits for a status.
-- When a status overtook the send it has settled the attempt, and the message stays where that put it.
-- Returns the message's status. Raises SB001 when the lease is stale: the outcome is then found by the next worker through
-- the statuses. Locks: outbound message, message, those of refuse_outbound, lane, ready. Called by: commons/handlers/send.ts.
create function app.finish_outbound_attempt (
  p_shard       smallint,
  p_lane_id     uuid,
  p_token       bigint,
  p_seq         bigint,
  p_outbound_id uuid,
  p_attempt_no  smallint,
  p_outcome     jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_state    text := p_outcome ->> 'state';
  v_outbound app.outbound_message;
  v_ours     boolean;
begin
  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  perform app.assert_lease(p_shard, 'outbound', p_lane_id, p_token);

  -- A provider that never said that it was about to send has sent all the same: what happened is what is written.
  update app.outbound_attempt set state = 'IO_STARTED', io_started_at = v_now
   where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and state = 'INTENT' and v_state <> 'REJECTED';
  update app.outbound_attempt
     set state               = v_state,
         finished_at         = v_now,
         provider_message_id = p_outcome ->> 'provider_message_id',
         error_code          = p_outcome ->> 'code',
         response            = p_outcome -> 'response'
   where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and state in ('INTENT', 'IO_STARTED');
  v_ours := found;
  if not v_ours and v_state = 'ACCEPTED' then
    update app.outbound_attempt set response = p_outcome -> 'response'
     where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and state = 'ACCEPTED';
    v_ours := found;
  end if;

  if v_ours and v_state = 'ACCEPTED' then
    perform app.accept_outbound(p_shard, v_outbound, p_outcome ->> 'provider_message_id');
  elsif v_ours and v_outbound.status = 'SENDING' then
    if v_state = 'UNKNOWN' then
      perform app.set_outbound_status(p_shard, p_outbound_id, 'UNKNOWN', p_outcome - 'state');
    else
      perform app.refuse_outbound(p_shard, v_outbound, p_attempt_no, p_outcome - array['state', 'response'], false, v_now);
    end if;
  end if;

  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id;
  if v_outbound.status = 'UNKNOWN' then
    perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, v_now + (
      select make_interval(secs => t.unknown_send_wait_s) from public.tenants t where t.shard = p_shard and t.id = v_outbound.tenant_id));
  elsif v_outbound.status = 'QUEUED' then
    perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, coalesce((
      select a.next_retry_at from app.outbound_attempt a
       where a.shard = p_shard and a.outbound_message_id = p_outbound_id and a.attempt_no = p_attempt_no), v_now));
  else
    perform app.complete_queue_messages(p_shard, 'outbound', p_lane_id, p_token, p_seq);
  end if;
  return v_outbound.status;
end;
$$;

revoke execute on function app.finish_outbound_attempt from public;
grant execute on function app.finish_outbound_attempt to service_role;

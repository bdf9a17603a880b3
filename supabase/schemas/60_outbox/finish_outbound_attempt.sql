-- Records how an attempt ended and lets the lane go on accordingly.
-- p_outcome: {state: 'ACCEPTED', provider_message_id, response} | {state: 'REJECTED', code, message, response, retry: bool,
-- retry_after_s} | {state: 'UNKNOWN', code, message}.
-- Accepted: SENT, and what orphaned statuses already say. Rejected with retry: QUEUED again, tried later in its place, up to
-- p_max_attempts; else FAILED, and the lane moves on. Unknown: UNKNOWN, and the lane waits for a status.
-- When a status overtook the send, the message is further already and stays there.
-- Returns the message's status. Raises SB001 when the lease is stale: the outcome is then found by the next worker through
-- the statuses. Locks: outbound message, message, lane, ready. Called by: commons/handlers/send.ts.
create function app.finish_outbound_attempt (
  p_shard        smallint,
  p_lane_id      uuid,
  p_token        bigint,
  p_seq          bigint,
  p_outbound_id  uuid,
  p_attempt_no   smallint,
  p_outcome      jsonb,
  p_max_attempts integer default 6
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_state    text := p_outcome ->> 'state';
  v_outbound app.outbound_message;
  v_delay    interval;
begin
  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  perform app.assert_lease(p_shard, 'outbound', p_lane_id, p_token);

  update app.outbound_attempt
     set state               = v_state,
         finished_at         = v_now,
         provider_message_id = p_outcome ->> 'provider_message_id',
         error_code          = p_outcome ->> 'code',
         response            = p_outcome -> 'response'
   where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and state = 'IO_STARTED';

  if p_outcome ->> 'code' in ('131047', '131050') then
    perform app.note_refusal(p_shard, v_outbound, p_outcome ->> 'code');
  end if;

  if v_state = 'ACCEPTED' then
    perform app.accept_outbound(p_shard, v_outbound, p_outcome ->> 'provider_message_id');
  elsif v_outbound.status = 'SENDING' then
    if v_state = 'UNKNOWN' then
      perform app.set_outbound_status(p_shard, p_outbound_id, 'UNKNOWN', p_outcome - 'state');
    elsif (p_outcome ->> 'retry')::boolean and p_attempt_no < p_max_attempts then
      v_delay := coalesce(make_interval(secs => (p_outcome ->> 'retry_after_s')::double precision), app.backoff(p_attempt_no));
      update app.outbound_attempt set next_retry_at = v_now + v_delay
       where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no;
      perform app.set_outbound_status(p_shard, p_outbound_id, 'QUEUED', p_outcome - 'state');
    else
      perform app.set_outbound_status(p_shard, p_outbound_id, 'FAILED', p_outcome - 'state');
    end if;
  end if;

  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id;
  if v_outbound.status = 'UNKNOWN' then
    perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, v_now + (
      select make_interval(secs => t.unknown_send_wait_s) from public.tenants t where t.shard = p_shard and t.id = v_outbound.tenant_id));
  elsif v_outbound.status = 'QUEUED' then
    perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, v_now + v_delay);
  else
    perform app.complete_queue_messages(p_shard, 'outbound', p_lane_id, p_token, p_seq);
  end if;
  return v_outbound.status;
end;
$$;

revoke execute on function app.finish_outbound_attempt from public;
grant execute on function app.finish_outbound_attempt to service_role;

-- What a refusal does, whether it is the answer to the send or a failed status that proves that nothing was delivered:
-- the message is QUEUED for another attempt or FAILED (retry_in), and the account is slowed, paused or stopped
-- (block_account), as the class of the error says; what it tells of the window and of consent is kept (note_refusal).
-- p_error: {class, code, message, retry_after_s}; without a class: never again. p_counts: against the tenant's limit, although the
-- class does not (the limits of an account are no fault of the message; a message that was taken and failed has had its try).
-- p_at: when it failed. Returns the message's new row; queueing its work again, where that is gone, is the caller's.
-- Locks: message, account_send_state and tasks (without waiting); the caller has locked the outbound message.
-- Called by: finish_outbound_attempt, apply_outbound_status.
create function app.refuse_outbound (
  p_shard      smallint,
  p_outbound   app.outbound_message,
  p_attempt_no smallint,
  p_error      jsonb,
  p_counts     boolean,
  p_at         timestamptz
)
  returns app.outbound_message
  language plpgsql
  set search_path = ''
as $$
declare
  v_class   text := coalesce(p_error ->> 'class', 'never');
  v_counts  boolean := p_counts or v_class in ('retry', 'slow_pair', 'later', 'window_closed', 'reupload');
  v_refused smallint := p_outbound.refused + v_counts::integer;
  v_wait    double precision := (p_error ->> 'retry_after_s')::double precision;
  v_delay   interval := app.retry_in(v_class, v_refused, (
    select t.send_retry_s from public.tenants t where t.shard = p_shard and t.id = p_outbound.tenant_id), v_wait, p_outbound.id);
begin
  perform app.note_refusal(p_shard, p_outbound, p_attempt_no, p_error ->> 'code');
  if v_class in ('slow_number', 'slow_app', 'pause_number', 'stop_channel') then
    perform app.block_account(p_shard, p_outbound.account_id, v_class, coalesce(p_error ->> 'code', 'unknown'),
      coalesce(p_error ->> 'message', v_class), v_wait);
  end if;

  update app.outbound_message set refused = v_refused where shard = p_shard and id = p_outbound.id and refused <> v_refused;
  if v_delay is null then
    return app.set_outbound_status(p_shard, p_outbound.id, 'FAILED', p_error, p_at);
  end if;

  update app.outbound_attempt
     set next_retry_at = case when v_class not in ('pause_number', 'stop_channel') then app.now() + v_delay end
   where shard = p_shard and outbound_message_id = p_outbound.id and attempt_no = p_attempt_no and state = 'REJECTED';
  return app.set_outbound_status(p_shard, p_outbound.id, 'QUEUED', p_error);
end;
$$;

revoke execute on function app.refuse_outbound from public;
grant execute on function app.refuse_outbound to service_role;

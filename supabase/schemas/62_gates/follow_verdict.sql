-- Does what check_outbound said about the head of a leased outbound lane. Returns what start_outbound_attempt is to
-- return: {action: 'wait' | 'done'}, the lane has been given back; or null: the message goes on, with what leaves in
-- sent_content and in the message that people see. Who waits for a token keeps its place; what waits for a time
-- (scheduled, quiet hours) leaves the lane and takes its place again when it is due, so that nothing waits behind it.
-- Raises SB001 when the lease is stale.
-- Locks: message, task (a trigger), lane, ready; the caller holds the outbound message. Called by: start_outbound_attempt.
create function app.follow_verdict (
  p_shard    smallint,
  p_lane_id  uuid,
  p_token    bigint,
  p_seq      bigint,
  p_outbound app.outbound_message,
  p_verdict  jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_content jsonb := p_verdict -> 'content';
  v_error   jsonb := p_verdict - 'verdict';
  v_until   timestamptz := (p_verdict ->> 'until')::timestamptz;
begin
  case p_verdict ->> 'verdict'
  when 'replace' then
    update app.outbound_message set sent_content = v_content where shard = p_shard and id = p_outbound.id;
    update public.messages
       set type = v_content ->> 'type', content = v_content, body = coalesce(v_content ->> 'text', body)
     where shard = p_shard and id = p_outbound.message_id;
    return null;
  when 'wait' then
    if p_verdict ->> 'why' in ('pair_rate', 'number_rate') then
      perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, v_until);
      return jsonb_build_object('action', 'wait', 'why', p_verdict -> 'why');
    end if;
    perform app.enqueue_message(p_shard, 'outbound', p_lane_id, p_outbound.tenant_id, 'send', jsonb_build_object('outbound_id', p_outbound.id),
      p_outbound.correlation_id, p_run_at => v_until);
  when 'park' then
    perform app.set_outbound_status(p_shard, p_outbound.id, 'PARKED', v_error);
  when 'refuse' then
    perform app.set_outbound_status(p_shard, p_outbound.id, 'FAILED', v_error);
  end case;
  perform app.complete_queue_messages(p_shard, 'outbound', p_lane_id, p_token, p_seq);
  return '{"action": "done"}';
end;
$$;

revoke execute on function app.follow_verdict from public;
grant execute on function app.follow_verdict to service_role;

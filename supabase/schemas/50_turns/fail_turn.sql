-- Records that a try of a turn failed and gives the lane back for a retry; after the last try the burst goes to the
-- dead letters, the turn is failed for good, and a person is asked for: the customer is never left without anybody.
-- Returns 'retry' or 'dead'. Raises SB001 when the lease is stale, SB400 when p_upto is done already or was
-- never enqueued. A workflow whose timer or step was among them fails with it.
-- Locks: conversation, workflows, lane, ready.
-- Called by: commons/handlers/turn.ts.
create function app.fail_turn (
  p_shard       smallint,
  p_lane_id     uuid,
  p_token       bigint,
  p_upto        bigint,
  p_error       jsonb,
  p_max_tries   integer  default 12,
  p_retry_after interval default null
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_outcome text;
  v_timers  uuid[];
begin
  perform from public.conversations where shard = p_shard and id = p_lane_id for no key update;
  v_timers := array(select t.workflow_id from app.due_workflow_timers(p_shard, p_lane_id, 0, p_upto) as t);
  perform from app.workflow_states where shard = p_shard and id = any (v_timers) order by id for update;
  v_outcome := app.schedule_message_retry(p_shard, 'inbound', p_lane_id, p_token, p_upto, p_error, p_max_tries, p_retry_after);

  update app.turns
     set error       = p_error,
         status      = case v_outcome when 'dead' then 'failed' else status end,
         finished_at = case v_outcome when 'dead' then app.now() end
   where shard = p_shard and conversation_id = p_lane_id and first_seq <= p_upto and status in ('working', 'superseded');

  if v_outcome = 'dead' then
    update public.conversations
       set person_requested_at = coalesce(person_requested_at, app.now()),
           person_request_reason = coalesce(person_request_reason, 'the agent could not answer')
     where shard = p_shard and id = p_lane_id;
    perform app.finish_workflow(p_shard, w.id, null, jsonb_build_object('status', 'failed', 'error', p_error))
       from app.workflow_states w
      where w.shard = p_shard and w.id = any (v_timers) and w.finished_at is null;
  end if;
  return v_outcome;
end;
$$;

revoke execute on function app.fail_turn from public;
grant execute on function app.fail_turn to service_role;

-- Drops the answer of a leased turn because the customer wrote more, and gives the lane back without counting a failed try:
-- when the burst has come to rest, the next claim covers old and new messages as one turn, of the same id.
-- p_result: what is known of the agent's call, as for complete_turn; what it cost is kept. `reason`: another one than that.
-- Raises SB001 when the lease is stale. Locks: conversation, lane, ready. Called by: complete_turn, commons/handlers/turn.ts.
create function app.supersede_turn (
  p_shard   smallint,
  p_lane_id uuid,
  p_token   bigint,
  p_turn_id uuid,
  p_result  jsonb default '{}'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_ready app.queue_ready;
begin
  perform from public.conversations where shard = p_shard and id = p_lane_id for no key update;
  v_ready := app.assert_lease(p_shard, 'inbound', p_lane_id, p_token);

  update app.turns
     set status          = 'superseded',
         reason          = coalesce(p_result ->> 'reason', 'the customer wrote more while the agent worked'),
         superseded      = least(superseded, 32766) + 1,
         superseded_at   = v_now,
         endpoint        = coalesce(p_result ->> 'endpoint', endpoint),
         usage           = app.add_usage(usage, coalesce(p_result -> 'usage', '{}')),
         agent_called_at = coalesce((p_result ->> 'called_at')::timestamptz, agent_called_at),
         agent_ms        = coalesce((p_result ->> 'ms')::integer, agent_ms),
         finished_at     = v_now
   where shard = p_shard and id = p_turn_id;

  perform app.release_lane(v_ready, v_ready.done, p_tries => greatest(v_ready.tries - 1, 0)::smallint, p_max_wait => (
    select make_interval(secs => t.burst_max_wait_ms / 1000.0) from public.tenants t where t.id = v_ready.tenant_id));
end;
$$;

revoke execute on function app.supersede_turn from public;
grant execute on function app.supersede_turn to service_role;

-- Whether the answer to a leased burst up to p_upto is out of date, because the customer has written more behind it, and may
-- be dropped: the tenant wants it so, at most two in a row were dropped already, and its first message has not yet waited
-- for the tenant's burst_max_wait_ms, so that a talkative customer is answered all the same. What only the size
-- of a claim cut off (p_upto is all that the lease may cover) is no news, and neither is a workflow's timer.
-- Called by: complete_turn, superseded_turns.
create function app.is_superseded (
  p_ready app.queue_ready,
  p_upto  bigint,
  p_turn  app.turns
)
  returns boolean
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  return p_turn.superseded < 2
     and p_upto < p_ready.upto
     and exists (select from app.message_queue q
                  where q.shard = p_ready.shard and q.queue = p_ready.queue and q.lane_id = p_ready.lane_id and q.seq > p_upto
                    and q.kind <> 'workflow_timer')
     and exists (select from public.tenants t
                  where t.id = p_ready.tenant_id and t.on_new_message = 'supersede'
                    and p_turn.burst_at + make_interval(secs => t.burst_max_wait_ms / 1000.0) > app.now());
end;
$$;

revoke execute on function app.is_superseded from public;
grant execute on function app.is_superseded to service_role;

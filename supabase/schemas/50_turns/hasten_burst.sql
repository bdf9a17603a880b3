-- Lets a conversation's burst wait no longer than until p_until, or p_max_wait after its first message: what it waited for
-- has come. What a worker has in hand, backs off or is paused keeps its time, as in defer_burst.
-- Idempotent. Locks: lane, ready. Called by: set_media_state, recall_answer.
create function app.hasten_burst (
  p_shard           smallint,
  p_conversation_id uuid,
  p_until           timestamptz,
  p_max_wait        interval
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now timestamptz := app.now();
begin
  perform from app.queue_lane where shard = p_shard and queue = 'inbound' and lane_id = p_conversation_id for update;

  update app.queue_ready r
     set quiet_until = p_until,
         at          = case when r.leased_by is null and r.tries = 0 and r.parked_at is null
                            then least(r.at, greatest(v_now, least(p_until, r.burst_at + p_max_wait))) else r.at end
   where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_conversation_id
     and (r.quiet_until > p_until or (r.leased_by is null and r.tries = 0 and r.parked_at is null
                                      and r.at > greatest(v_now, least(p_until, r.burst_at + p_max_wait))));
  if found then
    perform app.ring_doorbell('inbound');
  end if;
end;
$$;

revoke execute on function app.hasten_burst from public;
grant execute on function app.hasten_burst to service_role;

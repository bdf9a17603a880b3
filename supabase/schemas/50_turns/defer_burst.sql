-- Lets a conversation's burst wait until p_until, because more of it is on its way; never longer than the tenant's
-- burst_max_wait_ms after its first message, and never shorter than it would wait anyway. What a worker has in hand, backs
-- off or is paused keeps its time: there it counts for the burst behind it. Wakes nobody. Without a burst nothing happens.
-- p_until: infinity: as long as it may. Idempotent. Locks: lane, ready.
-- Called by: ingest_message, ingest_typing, set_media_state.
create function app.defer_burst (
  p_shard           smallint,
  p_conversation_id uuid,
  p_until           timestamptz
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  perform from app.queue_lane where shard = p_shard and queue = 'inbound' and lane_id = p_conversation_id for update;

  update app.queue_ready r
     set quiet_until = p_until,
         at          = case when r.leased_by is null and r.tries = 0 and r.parked_at is null
                            then greatest(r.at, least(p_until, r.burst_at + make_interval(secs => t.burst_max_wait_ms / 1000.0))) else r.at end
    from public.tenants t
   where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_conversation_id and t.id = r.tenant_id
     and p_until > greatest(app.now(), r.quiet_until);
end;
$$;

revoke execute on function app.defer_burst from public;
grant execute on function app.defer_burst to service_role;

-- When the next lane of a queue becomes claimable, or the next scheduled work is due; null when nothing waits, or the
-- queue is paused. In the past: now. p_after: as for get_next_queue_message. Called by: commons/work, to sleep no longer
-- than it may; call_queue_worker.
create function app.next_queue_at (
  p_shard smallint,
  p_queue app.queue_name,
  p_after timestamptz default '-infinity'
)
  returns timestamptz
  language sql
  stable
  set search_path = ''
as $$
  select least(
           (select r.at from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.at >= p_after and r.at < 'infinity'
             order by r.at limit 1),
           (select r.at from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null order by r.at limit 1),
           (select s.run_at from app.queue_scheduled s
             where s.shard = p_shard and s.queue = p_queue order by s.run_at limit 1))
   where not exists (select from app.queue_pause p
                      where p.shard = p_shard and p.queue = p_queue and p.tenant_id = '00000000-0000-0000-0000-000000000000'
                        and p.lane_id = '00000000-0000-0000-0000-000000000000');
$$;

revoke execute on function app.next_queue_at from public;
grant execute on function app.next_queue_at to service_role;

-- Keeps back a queue, a tenant in it or a lane: app.pause_queue. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/pause_queue.
create function public.pause_queue (
  p_shard     smallint,
  p_queue     text,
  p_reason    text,
  p_tenant_id uuid default null,
  p_lane_id   uuid default null
)
  returns void
  language sql
  set search_path = ''
as $$
  select app.pause_queue(p_shard, p_queue::app.queue_name, p_reason, p_tenant_id, p_lane_id);
$$;

revoke execute on function public.pause_queue from public;
grant execute on function public.pause_queue to service_role;

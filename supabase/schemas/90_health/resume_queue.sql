-- Lifts a pause: app.resume_queue. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/resume_queue.
create function public.resume_queue (
  p_shard     smallint,
  p_queue     text,
  p_tenant_id uuid default null,
  p_lane_id   uuid default null
)
  returns boolean
  language sql
  set search_path = ''
as $$
  select app.resume_queue(p_shard, p_queue::app.queue_name, p_tenant_id, p_lane_id);
$$;

revoke execute on function public.resume_queue from public;
grant execute on function public.resume_queue to service_role;

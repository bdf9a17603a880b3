-- Makes a waiting lane claimable at once: app.wake_lane. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/wake_lane.
create function public.wake_lane (
  p_shard   smallint,
  p_queue   text,
  p_lane_id uuid
)
  returns void
  language sql
  set search_path = ''
as $$
  select app.wake_lane(p_shard, p_queue::app.queue_name, p_lane_id);
$$;

revoke execute on function public.wake_lane from public;
grant execute on function public.wake_lane to service_role;

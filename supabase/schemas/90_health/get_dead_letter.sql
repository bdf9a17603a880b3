-- One dead letter with its payload, as app.get_dead_letter gives it. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/get_dead_letter.
create function public.get_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns setof app.queue_dead_letter
  language sql
  stable
  set search_path = ''
as $$
  select * from app.get_dead_letter(p_shard, p_id);
$$;

revoke execute on function public.get_dead_letter from public;
grant execute on function public.get_dead_letter to service_role;

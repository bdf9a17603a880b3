-- Puts a dead letter back at the end of its lane: app.replay_dead_letter. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/replay_dead_letter.
create function public.replay_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns bigint
  language sql
  set search_path = ''
as $$
  select app.replay_dead_letter(p_shard, p_id);
$$;

revoke execute on function public.replay_dead_letter from public;
grant execute on function public.replay_dead_letter to service_role;

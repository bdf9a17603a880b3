-- Decides that a dead letter is not to be done any more: app.discard_dead_letter. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/discard_dead_letter.
create function public.discard_dead_letter (
  p_shard  smallint,
  p_id     uuid,
  p_reason text
)
  returns void
  language sql
  set search_path = ''
as $$
  select app.discard_dead_letter(p_shard, p_id, p_reason);
$$;

revoke execute on function public.discard_dead_letter from public;
grant execute on function public.discard_dead_letter to service_role;

-- Discards the dead letters that a filter finds: app.discard_dead_letters. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/discard_dead_letters.
create function public.discard_dead_letters (
  p_shard     smallint,
  p_reason    text,
  p_queue     text        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100
)
  returns integer
  language sql
  set search_path = ''
as $$
  select app.discard_dead_letters(p_shard, p_reason, p_queue::app.queue_name, p_tenant_id, p_since, p_code, p_limit);
$$;

revoke execute on function public.discard_dead_letters from public;
grant execute on function public.discard_dead_letters to service_role;

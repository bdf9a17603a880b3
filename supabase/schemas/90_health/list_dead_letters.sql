-- The open dead letters of a shard, as app.list_dead_letters gives them, with the slugs of their tenants. In `public`,
-- because the page on the queue reads it through the API; for the service role only.
-- Called by: packages/simulator, over POST /rest/v1/rpc/list_dead_letters.
create function public.list_dead_letters (
  p_shard     smallint,
  p_queue     text        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100,
  p_after_at  timestamptz default null,
  p_after_id  uuid        default null
)
  returns table (
    id             uuid,
    queue          text,
    lane_id        uuid,
    seq            bigint,
    tenant_id      uuid,
    kind           text,
    correlation_id text,
    tries          smallint,
    error          jsonb,
    enqueued_at    timestamptz,
    dead_at        timestamptz,
    tenant         text
  )
  language sql
  stable
  set search_path = ''
as $$
  select d.id, d.queue::text, d.lane_id, d.seq, d.tenant_id, d.kind, d.correlation_id, d.tries, d.error, d.enqueued_at, d.dead_at, t.slug
    from app.list_dead_letters(p_shard, p_queue::app.queue_name, p_tenant_id, p_since, p_code, p_limit, p_after_at, p_after_id) as d
    left join public.tenants t on t.id = d.tenant_id
   order by d.dead_at, d.id;
$$;

revoke execute on function public.list_dead_letters from public;
grant execute on function public.list_dead_letters to service_role;

-- The dead letters about which nothing was decided yet, oldest first, without their payloads; get_dead_letter has those.
-- p_queue, p_tenant_id, p_since (died then or later), p_code (of the error): null: any. p_after_at, p_after_id: dead_at and
-- id of the last letter of the page before. Called by: replay_dead_letters, discard_dead_letters, people.
create function app.list_dead_letters (
  p_shard     smallint,
  p_queue     app.queue_name        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100,
  p_after_at  timestamptz default null,
  p_after_id  uuid        default null
)
  returns table (
    id             uuid,
    queue          app.queue_name,
    lane_id        uuid,
    seq            bigint,
    tenant_id      uuid,
    kind           text,
    correlation_id text,
    tries          smallint,
    error          jsonb,
    enqueued_at    timestamptz,
    dead_at        timestamptz
  )
  language sql
  stable
  set search_path = ''
as $$
  select d.id, d.queue, d.lane_id, d.seq, d.tenant_id, d.kind, d.correlation_id, d.tries, d.error, d.enqueued_at, d.dead_at
    from app.queue_dead_letter d
   where d.shard = p_shard and d.replayed_at is null and d.discarded_at is null
     and (p_queue is null or d.queue = p_queue)
     and (p_tenant_id is null or d.tenant_id = p_tenant_id)
     and (p_code is null or d.error ->> 'code' = p_code)
     and d.dead_at >= coalesce(p_since, '-infinity')
     and (d.dead_at, d.id) > (coalesce(p_after_at, '-infinity'), coalesce(p_after_id, '00000000-0000-0000-0000-000000000000'))
   order by d.dead_at, d.id
   limit p_limit;
$$;

revoke execute on function app.list_dead_letters from public;
grant execute on function app.list_dead_letters to service_role;

-- Locks the dead letters that a filter finds and nobody else holds. Parameters as for list_dead_letters.
-- Locks: letters with skip locked. Called by: replay_dead_letters, discard_dead_letters.
create function app.lock_dead_letters (
  p_shard     smallint,
  p_queue     app.queue_name,
  p_tenant_id uuid,
  p_since     timestamptz,
  p_code      text,
  p_limit     integer
)
  returns setof app.queue_dead_letter
  language sql
  set search_path = ''
as $$
  select d.*
    from app.queue_dead_letter d
   where d.shard = p_shard and d.replayed_at is null and d.discarded_at is null
     and d.id in (select l.id from app.list_dead_letters(p_shard, p_queue, p_tenant_id, p_since, p_code, p_limit) as l)
     for update skip locked;
$$;

revoke execute on function app.lock_dead_letters from public;
grant execute on function app.lock_dead_letters to service_role;

-- Discards the dead letters that a filter finds, oldest first, at most p_limit; as list_dead_letters and
-- discard_dead_letter. Letters that somebody else is deciding about are left to them. Returns how many.
-- Locks: letters with skip locked. Called by: people.
create function app.discard_dead_letters (
  p_shard     smallint,
  p_reason    text,
  p_queue     app.queue_name        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_count integer;
begin
  perform app.discard_dead_letter(p_shard, x.id, p_reason)
     from app.lock_dead_letters(p_shard, p_queue, p_tenant_id, p_since, p_code, p_limit) as x;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;

revoke execute on function app.discard_dead_letters from public;
grant execute on function app.discard_dead_letters to service_role;

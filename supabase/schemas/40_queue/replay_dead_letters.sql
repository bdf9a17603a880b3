-- Replays the dead letters that a filter finds, oldest first, at most p_limit; as list_dead_letters and
-- replay_dead_letter. Letters that somebody else is deciding about are left to them. Returns how many.
-- Locks: letters with skip locked, then as replay_dead_letter, lanes in ascending order. Called by: people.
create function app.replay_dead_letters (
  p_shard     smallint,
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
  v_id    uuid;
  v_count integer := 0;
begin
  for v_id in
    select x.id from app.lock_dead_letters(p_shard, p_queue, p_tenant_id, p_since, p_code, p_limit) as x
     order by x.queue, x.lane_id, x.dead_at, x.seq
  loop
    perform app.replay_dead_letter(p_shard, v_id);
    v_count := v_count + 1;
  end loop;
  return v_count;
end;
$$;

revoke execute on function app.replay_dead_letters from public;
grant execute on function app.replay_dead_letters to service_role;

-- Locks a dead letter about which nothing was decided yet.
-- Raises SB404 when there is none, SB409 when it was replayed or discarded. Locks: the letter.
-- Called by: replay_dead_letter, discard_dead_letter.
create function app.open_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns app.queue_dead_letter
  language plpgsql
  set search_path = ''
as $$
declare
  v_letter app.queue_dead_letter;
begin
  select * into v_letter from app.queue_dead_letter where shard = p_shard and id = p_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no dead letter %s in shard %s', p_id, p_shard);
  end if;
  if v_letter.replayed_at is not null then
    raise exception sqlstate 'SB409' using message = format('dead letter %s was replayed at %s', p_id, v_letter.replayed_at);
  end if;
  if v_letter.discarded_at is not null then
    raise exception sqlstate 'SB409'
      using message = format('dead letter %s was discarded at %s: %s', p_id, v_letter.discarded_at, v_letter.discard_reason);
  end if;
  return v_letter;
end;
$$;

revoke execute on function app.open_dead_letter from public;
grant execute on function app.open_dead_letter to service_role;

-- One dead letter with its payload, whatever was decided about it. No row: there is none. Called by: people.
create function app.get_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns setof app.queue_dead_letter
  language sql
  stable
  set search_path = ''
as $$
  select d.* from app.queue_dead_letter d where d.shard = p_shard and d.id = p_id;
$$;

revoke execute on function app.get_dead_letter from public;
grant execute on function app.get_dead_letter to service_role;

-- Ends an open workflow because its time is over. Returns whether it was open (and, with p_version, at that version): one
-- that went on meanwhile is left alone. Idempotent. Locks: as finish_workflow. Called by: end_workflow_timers, people.
create function app.timeout_workflow (
  p_shard   smallint,
  p_id      uuid,
  p_version integer default null,
  p_turn_id uuid    default null
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  perform from app.workflow_states
    where shard = p_shard and id = p_id and finished_at is null and version = coalesce(p_version, version) for update;
  if found then
    perform app.finish_workflow(p_shard, p_id, null, '{"status": "timed_out"}', p_turn_id);
  end if;
  return found;
end;
$$;

revoke execute on function app.timeout_workflow from public;
grant execute on function app.timeout_workflow to service_role;

-- Ends an open workflow because somebody wants it so. An agent that is just answering for it starts anew without it
-- (complete_turn). Returns whether it was open. Idempotent. Locks: as finish_workflow. Called by: people, over the API.
create function app.cancel_workflow (
  p_shard smallint,
  p_id    uuid
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  perform from app.workflow_states where shard = p_shard and id = p_id and finished_at is null for update;
  if found then
    perform app.finish_workflow(p_shard, p_id, null, '{"status": "cancelled"}');
  end if;
  return found;
end;
$$;

revoke execute on function app.cancel_workflow from public;
grant execute on function app.cancel_workflow to service_role;

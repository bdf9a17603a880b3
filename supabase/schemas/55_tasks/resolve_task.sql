-- Ends the open task of a kind about a subject. p_by: who ('user:<uuid>', 'key:<uuid>', 'system'). p_resolution: how.
-- Returns whether one was open. Idempotent. Locks: the task. Called by: people, and whatever made it needless.
create function app.resolve_task (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_kind       text,
  p_subject    text,
  p_by         text,
  p_resolution text default null
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  update public.tasks
     set resolved_at = app.now(), resolved_by = p_by, resolution = p_resolution
   where shard = p_shard and tenant_id = p_tenant_id and kind = p_kind and subject = p_subject and resolved_at is null;
  return found;
end;
$$;

revoke execute on function app.resolve_task from public;
grant execute on function app.resolve_task to service_role;

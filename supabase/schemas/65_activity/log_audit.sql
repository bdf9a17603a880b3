-- Adds a line to the audit log, in the name of whoever act_as named in this transaction, else of the system.
-- p_meta: ids, states and codes; no personal data. Locks: none. Called by: audit_outbound, create_api_key, revoke_api_key.
create function app.log_audit (
  p_shard         smallint,
  p_tenant_id     uuid,
  p_action        text,
  p_resource_type text,
  p_resource_id   text,
  p_meta          jsonb default '{}'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  insert into public.audit_logs (shard, tenant_id, actor, action, resource_type, resource_id, meta, ip, user_agent, created_at)
  values (p_shard, p_tenant_id, coalesce(nullif(current_setting('app.actor', true), ''), 'system'), p_action, p_resource_type,
          p_resource_id, p_meta, nullif(current_setting('app.ip', true), '')::inet,
          nullif(current_setting('app.user_agent', true), ''), app.now());
end;
$$;

revoke execute on function app.log_audit from public;
grant execute on function app.log_audit to service_role;

-- Audits an outbound message: CREATED with it; then with every change of its status SENT, FAILED, BLOCKED_BY_POLICY (a
-- rule of ours, not the provider, refused it: error code BLOCKED_BY_POLICY), or UPDATED for any other.
-- A trigger, so that no path can forget. Locks: none. Called by: app.outbound_message.
create function app.audit_outbound ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.log_audit(new.shard, new.tenant_id,
    case when tg_op = 'INSERT' then 'CREATED'
         when new.status = 'SENT' then 'SENT'
         when new.status = 'FAILED' and new.error ->> 'code' = 'BLOCKED_BY_POLICY' then 'BLOCKED_BY_POLICY'
         when new.status = 'FAILED' then 'FAILED'
         else 'UPDATED' end,
    'outbound_message', new.id::text,
    jsonb_strip_nulls(jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.status end, 'to', new.status, 'conversation_id', new.conversation_id,
      'code', case when new.status in ('FAILED', 'CANCELLED', 'PARKED', 'UNKNOWN') then new.error ->> 'code' end,
      'correlation_id', new.correlation_id)));
  return null;
end;
$$;

revoke execute on function app.audit_outbound from public;
grant execute on function app.audit_outbound to service_role;

create trigger audit_created after insert on app.outbound_message for each row execute function app.audit_outbound();
create trigger audit_status after update of status on app.outbound_message for each row
  when (old.status is distinct from new.status) execute function app.audit_outbound();

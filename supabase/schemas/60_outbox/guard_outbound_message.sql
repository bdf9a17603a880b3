-- Keeps an outbound message within the state machine of ../README.md: any other step raises 23514.
-- Called by: the trigger below, for every change of the status.
create function app.guard_outbound_message ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if new.status = any (case old.status
    when 'QUEUED'    then array['SENDING', 'FAILED', 'CANCELLED', 'PARKED', 'SENT', 'DELIVERED', 'READ', 'PLAYED']
    when 'SENDING'   then array['QUEUED', 'UNKNOWN', 'FAILED', 'PARKED', 'SENT', 'DELIVERED', 'READ', 'PLAYED']
    when 'UNKNOWN'   then array['QUEUED', 'SENDING', 'FAILED', 'PARKED', 'SENT', 'DELIVERED', 'READ', 'PLAYED']
    when 'PARKED'    then array['QUEUED', 'FAILED', 'CANCELLED', 'SENT', 'DELIVERED', 'READ', 'PLAYED']
    when 'SENT'      then array['QUEUED', 'FAILED', 'DELIVERED', 'READ', 'PLAYED']
    when 'FAILED'    then array['QUEUED', 'DELIVERED', 'READ', 'PLAYED']
    when 'DELIVERED' then array['READ', 'PLAYED']
    when 'READ'      then array['PLAYED']
    else '{}'
  end) then
    return new;
  end if;
  raise exception using errcode = 'check_violation',
    message = format('outbound message %s cannot go from %s to %s', new.id, old.status, new.status),
    hint = 'the states are drawn in supabase/schemas/README.md';
end;
$$;

revoke execute on function app.guard_outbound_message from public;
grant execute on function app.guard_outbound_message to service_role;

create trigger guard_outbound_message
  before update of status on app.outbound_message
  for each row when (old.status is distinct from new.status)
  execute function app.guard_outbound_message();

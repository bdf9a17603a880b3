-- Keeps an attempt within the state machine of ../README.md: any other step raises 23514.
-- Called by: the trigger below, for every change of the state.
create function app.guard_outbound_attempt ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if new.state = any (case old.state
    when 'INTENT'     then array['IO_STARTED', 'REJECTED']
    when 'IO_STARTED' then array['ACCEPTED', 'REJECTED', 'UNKNOWN']
    when 'UNKNOWN'    then array['ACCEPTED', 'REJECTED']
    when 'ACCEPTED'   then array['REJECTED']
    when 'REJECTED'   then array['ACCEPTED']
  end) then
    return new;
  end if;
  raise exception using errcode = 'check_violation',
    message = format('attempt %s of outbound message %s cannot go from %s to %s', new.attempt_no, new.outbound_message_id, old.state, new.state),
    hint = 'the states are drawn in supabase/schemas/README.md';
end;
$$;

revoke execute on function app.guard_outbound_attempt from public;
grant execute on function app.guard_outbound_attempt to service_role;

create trigger guard_outbound_attempt
  before update of state on app.outbound_attempt
  for each row when (old.state is distinct from new.state)
  execute function app.guard_outbound_attempt();

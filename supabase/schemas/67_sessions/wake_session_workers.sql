-- Wakes the workers that take sessions: there is something to claim, or something else is wanted of one. It notifies without a bell
-- (ring_doorbell), because it happens by a person's wish or when a session changes hands, not with every message.
-- Called by: tell_session, move_session, drain_worker.
create function app.wake_session_workers ()
  returns void
  language sql
  set search_path = ''
as $$
  select pg_notify('switchboard_queue', 'sessions');
$$;

revoke execute on function app.wake_session_workers from public;
grant execute on function app.wake_session_workers to service_role;

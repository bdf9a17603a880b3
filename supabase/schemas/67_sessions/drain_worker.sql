-- Wants a worker to give all of its sessions to others and to take no more; p_draining false: it may take some again.
-- Idempotent. Returns whether there is such a worker. Called by: people, before a machine is taken away.
create function app.drain_worker (
  p_worker   text,
  p_draining boolean default true
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  update app.workers set draining = p_draining where id = p_worker;
  if not found then
    return false;
  end if;
  perform app.wake_session_workers();
  return true;
end;
$$;

revoke execute on function app.drain_worker from public;
grant execute on function app.drain_worker to service_role;

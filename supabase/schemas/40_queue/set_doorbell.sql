-- Says that a worker sleeps for p_for at most and wants to be woken; null: it is awake and needs no bell. Who falls asleep
-- takes the bells of workers away that died in their sleep.
-- Idempotent. Locks: those bells with skip locked, the worker's own. Called by: commons/work, before and after a sleep.
create function app.set_doorbell (
  p_queue  app.queue_name,
  p_worker text,
  p_for    interval default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if p_for is null then
    delete from app.queue_doorbell where queue = p_queue and worker = p_worker;
    return;
  end if;
  delete from app.queue_doorbell d where d.queue = p_queue and d.worker in (
    select x.worker from app.queue_doorbell x
     where x.queue = p_queue and x.until < app.now() - interval '1 minute' for update skip locked);
  insert into app.queue_doorbell as d (queue, worker, until)
  values (p_queue, p_worker, app.now() + p_for)
  on conflict (queue, worker) do update set until = excluded.until;
end;
$$;

revoke execute on function app.set_doorbell from public;
grant execute on function app.set_doorbell to service_role;

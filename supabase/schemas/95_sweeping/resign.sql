-- Gives the leadership of a job back, so that somebody else can take it at once. Returns whether p_worker had it.
-- Idempotent. Locks: the job's row. Called by: a runner that stops in order.
create function app.resign (
  p_job    text,
  p_worker text
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  delete from app.leaders where job = p_job and leader = p_worker;
  return found;
end;
$$;

revoke execute on function app.resign from public;
grant execute on function app.resign to service_role;

-- Makes p_worker the leader of a job when it has none, or renews its lease when it is the leader.
-- Returns its fencing token, the same for as long as it leads; null while somebody else does.
-- Locks: the job's row; whoever is not the leader only reads. Called by: commons/work/sweep.ts.
create function app.lead (
  p_job    text,
  p_worker text,
  p_ttl    interval
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_token bigint;
begin
  if exists (select from app.leaders where job = p_job and leader <> p_worker and expires_at > v_now) then
    return null;
  end if;

  insert into app.leaders as l (job, leader, token, elected_at, expires_at)
  values (p_job, p_worker, nextval('app.fencing_token'), v_now, v_now + p_ttl)
  on conflict (job) do update
    -- Under the row's lock, so that a later leader has the greater token. Who comes back after its lease ended is elected anew.
    set leader     = excluded.leader,
        token      = case when l.expires_at > v_now then l.token else nextval('app.fencing_token') end,
        elected_at = case when l.expires_at > v_now then l.elected_at else v_now end,
        expires_at = excluded.expires_at
    where l.leader = excluded.leader or l.expires_at <= v_now
  returning l.token into v_token;
  return v_token;
end;
$$;

revoke execute on function app.lead from public;
grant execute on function app.lead to service_role;

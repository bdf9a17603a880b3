-- A sign of life for many sessions of a worker: p_leases [{account_id, token}]. Returns of each what is wanted of it: `run`, `stop`,
-- `logout`, `move`, or `gone` when it is not this worker's any more (a lease that ran out and that nobody took is renewed).
-- Locks: the leases that are renewed, in ascending order. Called by: the runner.
create function app.renew_sessions (
  p_shard  smallint,
  p_worker text,
  p_leases jsonb,
  p_ttl    interval
)
  returns table (account_id uuid, wish text)
  language plpgsql
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now   timestamptz := app.now();
  v_drain boolean := exists (select from app.workers w where w.id = p_worker and w.draining);
begin
  return query
    with given as (
      select x.account_id, x.token from jsonb_to_recordset(p_leases) as x (account_id uuid, token bigint)
    ), locked as (
      select l.account_id from app.session_leases l join given g on g.account_id = l.account_id and g.token = l.token
       where l.shard = p_shard and l.owner = p_worker
       order by l.account_id
         for no key update of l
    ), renewed as (
      update app.session_leases l set expires_at = v_now + p_ttl from locked
       where l.shard = p_shard and l.account_id = locked.account_id
      returning l.account_id, l.move_at
    )
    select g.account_id,
           case when r.account_id is null then 'gone'
                when s.desired = 'stopped' then 'stop'
                when s.desired = 'logged_out' then 'logout'
                when v_drain or r.move_at is not null then 'move'
                else 'run' end
      from given g
      left join renewed r on r.account_id = g.account_id
      left join public.sessions s on s.shard = p_shard and s.account_id = g.account_id;
end;
$$;

revoke execute on function app.renew_sessions from public;
grant execute on function app.renew_sessions to service_role;

-- Which worker owns which linked device, until when, under which token; `live` while the lease runs. For people and
-- monitoring. Called by: people.
create view app.device_locks
  with (security_invoker = true)
as
  select l.shard, l.account_id, s.tenant_id, s.state, l.owner, l.token, l.acquired_at, l.expires_at,
         l.expires_at > app.now() as live
    from app.session_leases l
    join public.sessions s on s.shard = l.shard and s.account_id = l.account_id
   where l.owner is not null;

grant select on app.device_locks to service_role;

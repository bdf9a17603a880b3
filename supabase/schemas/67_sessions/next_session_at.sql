-- When a session that p_worker does not own becomes free, or is free since; null: none will. Called by: the runner, which sleeps
-- until then.
create function app.next_session_at (
  p_shard  smallint,
  p_worker text
)
  returns timestamptz
  language sql
  stable
  set search_path = ''
as $$
  select l.expires_at
    from app.session_leases l
   where l.shard = p_shard and l.expires_at < 'infinity' and l.owner is distinct from p_worker
   order by l.expires_at
   limit 1;
$$;

revoke execute on function app.next_session_at from public;
grant execute on function app.next_session_at to service_role;

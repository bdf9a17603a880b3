-- **The claim** of sessions: at most p_room that are free, under a new token each. A worker takes its fair part of all that
-- run, by the number of workers that take sessions; what is left over for three seconds, or whose owner has died, anybody takes
-- who has room.
-- What was open is degraded until it is open again; a code that was shown is void.
-- Returns what a worker needs to connect. Locks: leases, skip locked; then their sessions and links. Called by: the runner.
create function app.acquire_sessions (
  p_shard  smallint,
  p_worker text,
  p_room   integer,
  p_ttl    interval
)
  returns table (account_id uuid, tenant_id uuid, token bigint, desired text, state text, method text, phone text, paired_jid text, attempts integer, retry_at timestamptz)
  language plpgsql
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now   timestamptz := app.now();
  v_share integer;
  v_taken uuid[];
begin
  if p_room <= 0 or not exists (select from app.session_leases l where l.shard = p_shard and l.expires_at <= v_now)
     or exists (select from app.workers w where w.id = p_worker and w.draining) then
    return;
  end if;

  select ceil((select count(*) from app.session_leases l where l.shard = p_shard and l.expires_at < 'infinity')::numeric / greatest(1, count(*)))
         - (select count(*) from app.session_leases l where l.shard = p_shard and l.owner = p_worker and l.expires_at > v_now)
    into v_share
    from app.workers w
   where w.kind = 'runner' and not w.draining and w.heartbeat_at > v_now - interval '15 seconds' and (w.detail #>> '{sessions,cap}')::integer > 0;

  with free as (
    select l.account_id, l.expires_at, l.owner
      from app.session_leases l
     where l.shard = p_shard and l.expires_at <= v_now
       and (l.move_at is null or l.expires_at <= v_now - interval '5 seconds'
            or (coalesce(l.move_to, p_worker) = p_worker and l.left_by is distinct from p_worker))
     order by l.expires_at, l.account_id
     limit p_room
       for no key update skip locked
  ), ranked as (
    select account_id, expires_at, owner, row_number() over (order by expires_at, account_id) as place from free
  ), taken as (
    update app.session_leases l
       set token = nextval('app.fencing_token'), owner = p_worker, acquired_at = v_now, expires_at = v_now + p_ttl,
           move_at = null, move_to = null, left_by = null
      from ranked r
     where l.shard = p_shard and l.account_id = r.account_id
       and (r.place <= v_share or r.owner is not null or r.expires_at <= v_now - interval '3 seconds' or l.move_to = p_worker)
    returning l.account_id
  )
  select array_agg(taken.account_id) into v_taken from taken;

  update public.sessions s
     set state       = case when s.paired_jid is null then 'NEW' else 'DEGRADED' end,
         reason      = case when s.paired_jid is not null then 'taken_over' end,
         words       = case when s.paired_jid is not null then 'The worker that had it is gone; another one connects.' end,
         disconnects = s.disconnects + (s.state = 'OPEN')::integer,
         state_at    = v_now
   where s.shard = p_shard and s.account_id = any (v_taken) and s.state in ('OPEN', 'QR', 'PAIRING');
  update public.session_links k set code = null, expires_at = null
   where k.shard = p_shard and k.account_id = any (v_taken) and k.code is not null;
  perform app.tell_session(p_shard, taken.account_id) from unnest(v_taken) as taken (account_id);

  return query
    select s.account_id, s.tenant_id, l.token, s.desired, s.state, k.method, k.phone, s.paired_jid, s.attempts, s.retry_at
      from app.session_leases l
      join public.sessions s on s.shard = p_shard and s.account_id = l.account_id
      join public.session_links k on k.shard = p_shard and k.account_id = l.account_id
     where l.shard = p_shard and l.account_id = any (v_taken);
end;
$$;

revoke execute on function app.acquire_sessions from public;
grant execute on function app.acquire_sessions to service_role;

-- Gives a session back, after its connection is closed: at once free for the next worker, or for nobody when it is to be stopped.
-- Idempotent: with a token that is not the present one nothing happens. Returns whether it was given back.
-- Locks: lease, session. Called by: the runner.
create function app.release_session (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_desired text;
begin
  perform from app.session_leases
    where shard = p_shard and account_id = p_account_id and token = p_token and owner is not null for no key update;
  if not found then
    return false;
  end if;
  update public.sessions
     set disconnects = disconnects + (state = 'OPEN')::integer,
         state  = case when state not in ('OPEN', 'DEGRADED', 'QR', 'PAIRING') then state when paired_jid is null then 'NEW' else 'DEGRADED' end,
         reason = case when state not in ('OPEN', 'DEGRADED', 'QR', 'PAIRING') then reason when paired_jid is null then null
                       when desired = 'stopped' then 'stopped' else 'handed_over' end,
         words  = case when state not in ('OPEN', 'DEGRADED', 'QR', 'PAIRING') then words when paired_jid is null then null
                       when desired = 'stopped' then 'It was stopped here; restart it to connect.' else 'Its worker gave it back in order; another one connects.' end,
         state_at = v_now
   where shard = p_shard and account_id = p_account_id
  returning desired into v_desired;
  update app.session_leases
     set left_by = owner, owner = null, acquired_at = null, expires_at = case v_desired when 'stopped' then 'infinity' else v_now end
   where shard = p_shard and account_id = p_account_id;
  update public.session_links set code = null, expires_at = null
   where shard = p_shard and account_id = p_account_id and code is not null;
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
  return true;
end;
$$;

revoke execute on function app.release_session from public;
grant execute on function app.release_session to service_role;

-- Takes a lease outside of the queues, when it is free or has run out. Returns its fencing token, or null when somebody
-- else has it: an owner does not get it twice either. Locks: the lease's row.
-- Called by: acquire_message_lock, acquire_conversation_lock.
create function app.acquire_lease (
  p_shard smallint,
  p_kind  text,
  p_key   text,
  p_owner text,
  p_ttl   interval
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_token bigint;
begin
  insert into app.leases as l (shard, kind, key, owner, token, acquired_at, expires_at)
  values (p_shard, p_kind, p_key, p_owner, nextval('app.fencing_token'), v_now, v_now + p_ttl)
  on conflict (shard, kind, key) do update
    -- Under the row's lock, so that a later lease has the greater token.
    set owner = excluded.owner, token = nextval('app.fencing_token'), acquired_at = v_now, expires_at = v_now + p_ttl
    where l.expires_at <= v_now
  returning l.token into v_token;
  return v_token;
end;
$$;

revoke execute on function app.acquire_lease from public;
grant execute on function app.acquire_lease to service_role;

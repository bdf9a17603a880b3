-- Counts one call of a caller against its limit of p_per_minute, by the generic cell rate algorithm: a bucket of one
-- minute's calls that fills evenly. One write; a call that is refused counts nothing.
-- Returns {allowed, limit, remaining, reset_s (until the bucket is full), retry_s (until the next call, 0 when allowed)}.
-- Locks: the caller's row. Called by: use_api_key, use_membership.
create function app.take_api_call (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_caller     text,
  p_per_minute integer
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_step    interval := interval '1 minute' / p_per_minute;
  v_full_at timestamptz;
  v_allowed boolean;
begin
  insert into app.api_callers as c (shard, tenant_id, caller, full_at)
  values (p_shard, p_tenant_id, p_caller, v_now + v_step)
  on conflict (shard, tenant_id, caller) do update
    set full_at = greatest(c.full_at, v_now) + v_step
    where greatest(c.full_at, v_now) + v_step <= v_now + interval '1 minute'
  returning c.full_at into v_full_at;
  v_allowed := found;
  if not v_allowed then
    select c.full_at into strict v_full_at from app.api_callers c where c.shard = p_shard and c.tenant_id = p_tenant_id and c.caller = p_caller;
  end if;

  return jsonb_build_object('allowed', v_allowed, 'limit', p_per_minute,
    'remaining', greatest(floor(extract(epoch from v_now + interval '1 minute' - v_full_at) / extract(epoch from v_step))::integer, 0),
    'reset_s', greatest(ceil(extract(epoch from v_full_at - v_now))::integer, 0),
    'retry_s', case when v_allowed then 0
                    else greatest(ceil(extract(epoch from v_full_at + v_step - v_now - interval '1 minute'))::integer, 1) end);
end;
$$;

revoke execute on function app.take_api_call from public;
grant execute on function app.take_api_call to service_role;

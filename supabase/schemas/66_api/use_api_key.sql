-- Who calls with a key, and whether the call is within the key's limit. p_prefix finds the key; p_hash is the SHA-256 of the
-- whole key in hexadecimal digits. The hashes are compared by their own digests, so that the time it takes says nothing.
-- Returns {outcome: 'ok' | 'limited', shard, tenant_id, caller: 'key:<uuid>', scopes, limit: {...} (take_api_call)}, or {outcome:
-- 'unknown' | 'revoked' | 'expired'}, which count nothing. Locks: the caller's row, then the key once a minute.
-- Called by: the HTTP API, once a request.
create function app.use_api_key (
  p_prefix text,
  p_hash   text
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_key   app.api_keys;
  v_limit jsonb;
begin
  select * into v_key from app.api_keys where prefix = p_prefix;
  if v_key.id is null or sha256(v_key.hash) <> sha256(decode(p_hash, 'hex')) then
    return '{"outcome": "unknown"}';
  elsif v_key.revoked_at is not null then
    return '{"outcome": "revoked"}';
  elsif v_key.expires_at <= v_now then
    return '{"outcome": "expired"}';
  end if;

  v_limit := app.take_api_call(v_key.shard, v_key.tenant_id, 'key:' || v_key.id, v_key.rate_limit_per_min);
  update app.api_keys
     set last_used_at = v_now
   where shard = v_key.shard and id = v_key.id and coalesce(last_used_at < v_now - interval '1 minute', true);

  return jsonb_build_object('outcome', case when (v_limit ->> 'allowed')::boolean then 'ok' else 'limited' end, 'shard', v_key.shard,
    'tenant_id', v_key.tenant_id, 'caller', 'key:' || v_key.id, 'scopes', to_jsonb(v_key.scopes), 'limit', v_limit);
end;
$$;

revoke execute on function app.use_api_key from public;
grant execute on function app.use_api_key to service_role;

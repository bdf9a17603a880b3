-- Ends a key, from the next request on. Returns whether it was alive. Idempotent. Audited. Raises SB404 when the tenant has no
-- key of that prefix. Locks: the key. Called by: scripts/create-api-key.
create function app.revoke_api_key (
  p_shard     smallint,
  p_tenant_id uuid,
  p_prefix    text
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_key app.api_keys;
begin
  select * into v_key from app.api_keys where shard = p_shard and tenant_id = p_tenant_id and prefix = p_prefix for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('the tenant has no API key with the prefix %s', p_prefix);
  end if;
  if v_key.revoked_at is not null then
    return false;
  end if;
  update app.api_keys set revoked_at = app.now() where shard = p_shard and id = v_key.id;
  perform app.log_audit(p_shard, p_tenant_id, 'UPDATED', 'api_key', v_key.id::text, '{"to": "revoked"}');
  return true;
end;
$$;

revoke execute on function app.revoke_api_key from public;
grant execute on function app.revoke_api_key to service_role;

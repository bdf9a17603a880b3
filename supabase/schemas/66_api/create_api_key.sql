-- Stores a new key of a tenant. p_hash: SHA-256 of the whole key, in hexadecimal digits; the key itself never comes here.
-- p_scopes: ["messages:read", ...]. Returns its id. Audited. Raises SB404 when there is no such tenant, 23505 for a prefix that is taken, 23514 for an unknown
-- scope. Locks: none. Called by: scripts/create-api-key, the demo seed.
create function app.create_api_key (
  p_shard              smallint,
  p_tenant_id          uuid,
  p_name               text,
  p_prefix             text,
  p_hash               text,
  p_scopes             jsonb,
  p_expires_at         timestamptz default null,
  p_rate_limit_per_min integer     default 600
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_id uuid;
begin
  if not exists (select from public.tenants where shard = p_shard and id = p_tenant_id) then
    raise exception sqlstate 'SB404' using message = format('there is no tenant %s in shard %s', p_tenant_id, p_shard);
  end if;
  insert into app.api_keys (shard, tenant_id, name, prefix, hash, scopes, rate_limit_per_min, created_at, expires_at)
  values (p_shard, p_tenant_id, p_name, p_prefix, decode(p_hash, 'hex'), array(select jsonb_array_elements_text(p_scopes)), p_rate_limit_per_min, app.now(), p_expires_at)
  returning id into v_id;
  perform app.log_audit(p_shard, p_tenant_id, 'CREATED', 'api_key', v_id::text, jsonb_build_object('scopes', p_scopes));
  return v_id;
end;
$$;

revoke execute on function app.create_api_key from public;
grant execute on function app.create_api_key to service_role;

-- The keys of a tenant, newest first, without their hashes. Called by: scripts/create-api-key.
create function app.list_api_keys (
  p_shard     smallint,
  p_tenant_id uuid
)
  returns table (id uuid, name text, prefix text, scopes text[], rate_limit_per_min integer, created_at timestamptz,
                 last_used_at timestamptz, expires_at timestamptz, revoked_at timestamptz)
  language sql
  stable
  set search_path = ''
as $$
  select k.id, k.name, k.prefix, k.scopes, k.rate_limit_per_min, k.created_at, k.last_used_at, k.expires_at, k.revoked_at
    from app.api_keys k
   where k.shard = p_shard and k.tenant_id = p_tenant_id
   order by k.created_at desc, k.id;
$$;

revoke execute on function app.list_api_keys from public;
grant execute on function app.list_api_keys to service_role;

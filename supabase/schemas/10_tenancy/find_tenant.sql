-- The tenant of a slug, and its shard; no row when there is none. Called by: scripts/create-api-key.
create function app.find_tenant (
  p_slug text
)
  returns table (shard smallint, tenant_id uuid)
  language sql
  stable
  set search_path = ''
as $$
  select t.shard, t.id from public.tenants t where t.slug = p_slug;
$$;

revoke execute on function app.find_tenant from public;
grant execute on function app.find_tenant to service_role;

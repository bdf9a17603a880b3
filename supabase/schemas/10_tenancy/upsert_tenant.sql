-- Creates a tenant or renames it. A tenant's shard is fixed when it is created.
-- Idempotent by slug. Called by: scripts/add-account, the demo seed.
create function app.upsert_tenant (
  p_shard smallint,
  p_slug  text,
  p_name  text
)
  returns uuid
  language sql
  set search_path = ''
as $$
  insert into public.tenants (shard, slug, name)
  values (p_shard, p_slug, p_name)
  on conflict (slug) do update set name = excluded.name
  returning id;
$$;

revoke execute on function app.upsert_tenant from public;
grant execute on function app.upsert_tenant to service_role;

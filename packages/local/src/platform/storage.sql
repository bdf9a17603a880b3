-- Brings the storage schema that @supabase/lite makes in line with the platform's: who owns it, and who gets at it at all
-- (what they see is up to the policies). Idempotent; run as supabase_admin after lite has made its schema, before the
-- migrations. As on the platform, `postgres` may make policies on it. lite asks as the owner, except for what it asks on
-- behalf of somebody.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'supabase_storage_admin') then
    create role supabase_storage_admin nologin noinherit;
  end if;
end
$$;

alter schema storage owner to supabase_storage_admin;
alter table storage.buckets owner to supabase_storage_admin;
alter table storage.objects owner to supabase_storage_admin;
grant supabase_storage_admin to postgres, lite_api with inherit true;
grant usage on schema storage to anon, authenticated, service_role, postgres, lite_api;
grant select, insert, update, delete on storage.buckets, storage.objects to anon, authenticated, service_role;
grant execute on all functions in schema storage to anon, authenticated, service_role, postgres, lite_api;

-- Brings the auth schema that @supabase/lite makes in line with the platform's.
-- Idempotent; run as supabase_admin after lite has made its schema, before the migrations.

-- lite's helpers read the old request.jwt.claim.* settings only; the platform's also read request.jwt.claims, which
-- pgTAP tests and @supabase/server set.
create or replace function auth.jwt()
  returns jsonb
  language sql
  stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

create or replace function auth.uid()
  returns uuid
  language sql
  stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;

create or replace function auth.role()
  returns text
  language sql
  stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )::text
$$;

create or replace function auth.email()
  returns text
  language sql
  stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )::text
$$;

grant usage on schema auth to anon, authenticated, service_role, postgres, lite_api;
grant all on all tables in schema auth to postgres, lite_api;
grant all on all sequences in schema auth to postgres, lite_api;
grant execute on all functions in schema auth to anon, authenticated, service_role, postgres, lite_api;

-- As soon as one table has row level security, lite runs GRANT ALL ON ALL TABLES ... TO anon, authenticated,
-- service_role in that schema. With a superuser's login that would hide missing and over-wide grants. So it logs in as
-- lite_api, which may become the three API roles and may use auth, but holds no grant option on anything else: its
-- GRANTs become warnings without effect. (Reading and writing all data only serves to make them warnings, not errors;
-- every request runs after `set role`.)
grant anon, authenticated, service_role to lite_api with inherit false, set true;
grant pg_read_all_data, pg_write_all_data to lite_api with inherit true;
alter role lite_api set search_path = "$user", public, extensions;

-- lite made the list of migrations as superuser; `supabase db push` keeps it as postgres.
do $$
declare
  v_table regclass;
begin
  if to_regnamespace('supabase_migrations') is null then
    return;
  end if;
  alter schema supabase_migrations owner to postgres;
  for v_table in
    select oid::regclass from pg_catalog.pg_class
    where relnamespace = 'supabase_migrations'::regnamespace and relkind = 'r'
  loop
    execute format('alter table %s owner to postgres', v_table);
  end loop;
end
$$;

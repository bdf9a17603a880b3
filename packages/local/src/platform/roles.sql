-- What a hosted Supabase project already has and plain Postgres lacks: its roles and extensions.
-- Idempotent; run as the superuser `supabase_admin` before the migrations. As on the platform, `postgres`, which runs
-- the migrations, is not a superuser. The passwords are set by platform.ts.
do $$
declare
  v_role record;
begin
  for v_role in
    select *
    from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('authenticator', 'login noinherit'),
      ('supabase_auth_admin', 'nologin noinherit createrole'),
      ('supabase_realtime_admin', 'nologin noinherit'),
      ('postgres', 'login createdb createrole replication bypassrls'),
      -- The login of REST and Auth (@supabase/lite); see auth.sql.
      ('lite_api', 'login')
    ) as wanted (name, options)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role.name) then
      execute format('create role %I %s', v_role.name, v_role.options);
    end if;
  end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to postgres;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

alter database postgres owner to postgres;
alter schema public owner to postgres;

create schema if not exists extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
grant usage on schema public to anon, authenticated, service_role;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;
alter database postgres set search_path = "$user", public, extensions;

-- The same statement timeouts as on the platform.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';

-- No default privileges for anon, authenticated and service_role in public: since 30 October 2026 a project's tables
-- are visible to the Data API only after an explicit grant, and a migration that forgets it must fail here too.

-- What this local platform remembers about itself: which files it has applied.
create schema if not exists _local;
create table if not exists _local.stamps (
  name  text primary key,
  value text not null
);

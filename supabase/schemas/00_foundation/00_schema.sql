-- The private schema of the engine. It is never exposed through the API: workers reach it over Postgres as `service_role`.

-- A hosted project has these roles; plain Postgres does not. The service role passes by row level security, which only
-- somebody who may do so can grant.
do $$
declare
  v_role text;
begin
  foreach v_role in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
      execute format('create role %I nologin noinherit %s', v_role, (
        select 'bypassrls' from pg_catalog.pg_roles where rolname = current_user and rolbypassrls and v_role = 'service_role'));
    end if;
  end loop;
end;
$$;

-- Projects made before 30 October 2026 give these roles everything in `public` by default. Here every grant is written
-- beside the table or function that it opens.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;

create schema if not exists app;
comment on schema app is 'Switchboard''s engine: tables and functions for the service role only.';
revoke all on schema app from public;
grant usage on schema app to service_role;

-- The numbers that fence leases. One sequence for all, so that a later lease always has the greater token.
create sequence app.fencing_token as bigint;
grant usage on sequence app.fencing_token to service_role;

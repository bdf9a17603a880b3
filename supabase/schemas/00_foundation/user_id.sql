-- The signed-in user out of the request's JWT, or null. Reads the claim itself, so that it works on plain Postgres too.
-- Called by: member_tenant_ids.
create function app.user_id ()
  returns uuid
  language sql
  stable
  set search_path = ''
as $$
  select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
$$;

revoke execute on function app.user_id from public;
grant execute on function app.user_id to authenticated, service_role;

-- For which tenant a signed-in user acts, and whether the call is within the user's limit (600 a minute). The memberships
-- are those that every policy asks for (member_tenant_ids). p_tenant: slug or id; null: the only one.
-- A viewer may read; everybody else may do all. Returns as use_api_key with caller 'user:<uuid>', or {outcome: 'no_tenant' |
-- 'which_tenant'}. Locks: the caller's row. Called by: the HTTP API, once a request.
create function app.use_membership (
  p_user_id uuid,
  p_tenant  text default null
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_count  integer;
  v_shard  smallint;
  v_tenant uuid;
  v_role   text;
  v_limit  jsonb;
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', p_user_id, 'role', 'authenticated')::text, true);
  select count(*), min(t.shard), (array_agg(t.id))[1], min(m.role)
    into v_count, v_shard, v_tenant, v_role
    from public.tenants t
    join public.tenant_members m on m.tenant_id = t.id and m.user_id = p_user_id
   where t.id in (select app.member_tenant_ids()) and (p_tenant is null or p_tenant in (t.slug, t.id::text));
  if v_count = 0 then
    return '{"outcome": "no_tenant"}';
  elsif v_count > 1 then
    return '{"outcome": "which_tenant"}';
  end if;

  v_limit := app.take_api_call(v_shard, v_tenant, 'user:' || p_user_id, 600);
  return jsonb_build_object('outcome', case when (v_limit ->> 'allowed')::boolean then 'ok' else 'limited' end, 'shard', v_shard,
    'tenant_id', v_tenant, 'caller', 'user:' || p_user_id, 'limit', v_limit, 'scopes',
    case v_role when 'viewer' then '["messages:read", "conversations:read", "templates:read"]'::jsonb
                else '["messages:read", "messages:write", "conversations:read", "conversations:write", "templates:read", "media:write"]' end);
end;
$$;

revoke execute on function app.use_membership from public;
grant execute on function app.use_membership to service_role;

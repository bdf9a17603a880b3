-- Creates an account or updates its names and agent. A number belongs to one tenant: taking one that another tenant
-- has raises SB409.
-- Idempotent by (provider, external_id). Called by: scripts/add-account, the demo seed.
create function app.upsert_whatsapp_account (
  p_shard         smallint,
  p_tenant_id     uuid,
  p_provider      text,
  p_external_id   text,
  p_display_phone text,
  p_name          text,
  p_agent         text
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_id uuid;
begin
  insert into public.whatsapp_accounts as a (shard, tenant_id, provider, external_id, display_phone, name, agent)
  values (p_shard, p_tenant_id, p_provider, p_external_id, p_display_phone, p_name, p_agent)
  on conflict (provider, external_id) do update
    set display_phone = excluded.display_phone, name = excluded.name, agent = excluded.agent
    where a.shard = excluded.shard and a.tenant_id = excluded.tenant_id
  returning a.id into v_id;

  if v_id is null then
    raise exception sqlstate 'SB409'
      using message = format('the %s account %s belongs to another tenant; remove it there first', p_provider, p_external_id);
  end if;
  return v_id;
end;
$$;

revoke execute on function app.upsert_whatsapp_account from public;
grant execute on function app.upsert_whatsapp_account to service_role;

-- The templates that a tenant has, by name and language; of one account's business account, or (null) of all.
-- Called by: the HTTP API, the inbox.
create function app.list_templates (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_account_id uuid default null
)
  returns setof public.message_templates
  language sql
  stable
  set search_path = ''
as $$
  select t
    from public.message_templates t
   where t.shard = p_shard and t.tenant_id = p_tenant_id
     and (p_account_id is null or t.business_id = (
           select a.business_id from public.whatsapp_accounts a where a.shard = p_shard and a.id = p_account_id))
   order by t.name, t.language, t.business_id;
$$;

revoke execute on function app.list_templates from public;
grant execute on function app.list_templates to service_role;

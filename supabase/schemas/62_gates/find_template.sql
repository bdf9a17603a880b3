-- The template of that name and language that an account can send; a row of nulls when none is known. Meta writes a
-- language as en_US, its webhooks also as en-US. Locks: none. Called by: check_template, consent_gate.
create function app.find_template (
  p_shard      smallint,
  p_account_id uuid,
  p_name       text,
  p_language   text
)
  returns public.message_templates
  language sql
  stable
  set search_path = ''
as $$
  select t
    from public.whatsapp_accounts a
    join public.message_templates t on t.shard = a.shard and t.tenant_id = a.tenant_id and t.business_id = a.business_id
   where a.shard = p_shard and a.id = p_account_id and t.name = p_name and t.language = replace(p_language, '-', '_');
$$;

revoke execute on function app.find_template from public;
grant execute on function app.find_template to service_role;

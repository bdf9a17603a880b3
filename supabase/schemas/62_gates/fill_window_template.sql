-- The tenant's template for closed windows with an outbound text in it: {content}, or {problem} in words when there is
-- no way. The template: window_template, approved, in the first of window_template_languages that it has, else in any.
-- Its placeholders, by window_template_parameters: 'text' (the message in one line), 'tenant_name', 'contact_name',
-- which may name what stands for an unknown one ('contact_name|friend'), or a literal ('=Luna'). Without that setting a
-- single placeholder is the text, and of two the first is the name. The text must be among them, whole: what is longer
-- than window_template_text_max, or makes the body longer than Meta's 1024 characters, is not cut. Locks: none. Called
-- by: window_gate.
create function app.fill_window_template (
  p_shard    smallint,
  p_tenant   public.tenants,
  p_outbound app.outbound_message
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_text     text := btrim(regexp_replace(p_outbound.content ->> 'text', '\s+', ' ', 'g'));
  v_template public.message_templates;
  v_body     text;
  v_wanted   text[];
  v_sources  jsonb := p_tenant.window_template_parameters;
  v_values   jsonb;
  v_missing  text;
  v_contact  text;
begin
  if p_tenant.window_template is null then
    return '{"problem": "no template is set for closed windows (window_template)"}';
  elsif p_outbound.content ->> 'type' <> 'text' or coalesce(v_text, '') = '' then
    return jsonb_build_object('problem', format('a message of the type %s cannot be put into a template', p_outbound.content ->> 'type'));
  end if;

  select t.* into v_template
    from public.whatsapp_accounts a
    join public.message_templates t on t.shard = a.shard and t.tenant_id = a.tenant_id and t.business_id = a.business_id
   where a.shard = p_shard and a.id = p_outbound.account_id and t.name = p_tenant.window_template and t.status = 'APPROVED'
   order by coalesce(array_position(p_tenant.window_template_languages, t.language), 1000), t.language
   limit 1;
  if not found then
    return jsonb_build_object('problem', format('the template "%s" is not approved in any language, or is not known', p_tenant.window_template));
  end if;

  select c ->> 'text' into v_body from jsonb_array_elements(v_template.components) as c where upper(c ->> 'type') = 'BODY';
  v_wanted := app.template_placeholders(v_body);
  if v_sources is null then
    v_sources := case cardinality(v_wanted)
                 when 1 then jsonb_build_object(v_wanted[1], 'text')
                 when 2 then jsonb_build_object(v_wanted[1], 'contact_name', v_wanted[2], 'text')
                 else '{}' end;
  end if;
  select c.name into v_contact
    from public.conversations x
    join public.contacts c on c.shard = x.shard and c.id = x.contact_id
   where x.shard = p_shard and x.id = p_outbound.conversation_id;

  select jsonb_object_agg(w.name, case
           when v_sources ->> w.name = 'text' then v_text
           when v_sources ->> w.name = 'tenant_name' then p_tenant.name
           when v_sources ->> w.name ~ '^contact_name(\||$)'
             then coalesce(nullif(btrim(regexp_replace(v_contact, '\s+', ' ', 'g')), ''), nullif(split_part(v_sources ->> w.name, '|', 2), ''))
           when v_sources ->> w.name like '=_%' then substr(v_sources ->> w.name, 2) end)
    into v_values
    from unnest(v_wanted) as w (name);
  select string_agg('{{' || key || '}}', ', ' order by key) into v_missing from jsonb_each(v_values) where value = 'null';
  if v_missing is not null then
    return jsonb_build_object('problem',
      format('the template "%s" has placeholders that nothing stands for: %s (window_template_parameters)', v_template.name, v_missing));
  elsif not exists (select from unnest(v_wanted) as w (name) where v_sources ->> w.name = 'text') then
    return jsonb_build_object('problem', format('the template "%s" has no placeholder for the text', v_template.name));
  elsif length(v_text) > p_tenant.window_template_text_max
     or length(v_body) + (select sum(length(value)) from jsonb_each_text(v_values)) > 1024 then
    return jsonb_build_object('problem', format('the text is too long for the template "%s"', v_template.name));
  end if;

  return jsonb_build_object('content', jsonb_build_object('type', 'template', 'name', v_template.name, 'language', v_template.language, 'components',
    jsonb_build_array(jsonb_build_object('type', 'body', 'parameters', (
      select jsonb_agg(jsonb_build_object('type', 'text', 'text', v_values ->> w.name)
                         || case when w.name ~ '^[0-9]+$' then '{}' else jsonb_build_object('parameter_name', w.name) end
                       order by case when w.name ~ '^[0-9]+$' then w.name::integer else w.ordinal end)
        from unnest(v_wanted) with ordinality as w (name, ordinal))))));
end;
$$;

revoke execute on function app.fill_window_template from public;
grant execute on function app.fill_window_template to service_role;

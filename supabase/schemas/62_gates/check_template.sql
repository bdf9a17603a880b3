-- Whether a template can be sent like this, before it leaves: null when it can, or when this account's templates have
-- never been read, so that nothing is known; else one sentence that names the template and what is missing. p_content:
-- {type: 'template', name, language, components: [{type: 'header' | 'body' | 'button', sub_type, index, parameters:
-- [{type, parameter_name, text ...}]}]}, Graph's own shape.
-- Locks: none. Called by: enqueue_outbound_message, check_outbound.
create function app.check_template (
  p_shard      smallint,
  p_account_id uuid,
  p_content    jsonb
)
  returns text
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_name     text := format('the template "%s" (%s)', p_content ->> 'name', p_content ->> 'language');
  v_given    jsonb := coalesce(p_content -> 'components', '[]');
  v_template public.message_templates := app.find_template(p_shard, p_account_id, p_content ->> 'name', p_content ->> 'language');
  v_part     jsonb;
  v_button   jsonb;
  v_index    integer;
  v_have     jsonb;
  v_want     text;
  v_problem  text;
begin
  if v_template.name is null then
    if exists (select from public.whatsapp_accounts a
                 join app.template_syncs s on s.shard = a.shard and s.tenant_id = a.tenant_id and s.business_id = a.business_id
                where a.shard = p_shard and a.id = p_account_id and s.synced_at is not null) then
      return v_name || ' does not exist in this business account; check its name and its language';
    end if;
    return null;
  end if;
  if v_template.status <> 'APPROVED' then
    return format('%s cannot be sent: it is %s', v_name, v_template.status);
  end if;

  for v_part in select jsonb_array_elements(v_template.components) loop
    v_want := upper(coalesce(v_part ->> 'format', 'TEXT'));
    case upper(v_part ->> 'type')
    when 'HEADER' then
      select g -> 'parameters' into v_have from jsonb_array_elements(v_given) as g where lower(g ->> 'type') = 'header';
      if v_want = 'TEXT' then
        v_problem := app.check_template_text('header', v_part ->> 'text', v_have);
      elsif coalesce(jsonb_array_length(v_have), 0) <> 1 or v_have -> 0 ->> 'type' is distinct from lower(v_want) then
        v_problem := format('its header needs one parameter of the type %s', lower(v_want));
      end if;
    when 'BODY' then
      select g -> 'parameters' into v_have from jsonb_array_elements(v_given) as g where lower(g ->> 'type') = 'body';
      v_problem := app.check_template_text('body', v_part ->> 'text', v_have);
    when 'BUTTONS' then
      for v_button, v_index in
        select b.button, b.ordinal - 1 from jsonb_array_elements(v_part -> 'buttons') with ordinality as b (button, ordinal)
      loop
        select g -> 'parameters' into v_have
          from jsonb_array_elements(v_given) as g
         where lower(g ->> 'type') = 'button' and (g ->> 'index')::integer = v_index;
        if (upper(v_button ->> 'type') = 'COPY_CODE' or (upper(v_button ->> 'type') = 'URL' and v_button ->> 'url' ~ '\{\{'))
          and coalesce(jsonb_array_length(v_have), 0) <> 1 then
          v_problem := coalesce(v_problem, format('its button %s (%s) needs one parameter', v_index, lower(v_button ->> 'type')));
        elsif upper(v_button ->> 'type') = 'URL' and v_button ->> 'url' !~ '\{\{' and jsonb_array_length(v_have) > 0 then
          v_problem := coalesce(v_problem, format('its button %s (url) takes no parameter', v_index));
        end if;
      end loop;
    else
      null; -- a footer and what is still to come need nothing
    end case;
    exit when v_problem is not null;
  end loop;

  if v_problem is null then
    select format('it has no %s%s', lower(g ->> 'type'), ' ' || (g ->> 'index')) into v_problem
      from jsonb_array_elements(v_given) as g
     where jsonb_array_length(coalesce(g -> 'parameters', '[]')) > 0
       and not exists (
         select from jsonb_array_elements(v_template.components) as c
          where case lower(g ->> 'type')
                when 'button' then upper(c ->> 'type') = 'BUTTONS' and (g ->> 'index')::integer < jsonb_array_length(c -> 'buttons')
                else upper(c ->> 'type') = upper(g ->> 'type') end)
     limit 1;
  end if;
  return v_name || ' cannot be sent like this: ' || v_problem;
end;
$$;

revoke execute on function app.check_template from public;
grant execute on function app.check_template to service_role;

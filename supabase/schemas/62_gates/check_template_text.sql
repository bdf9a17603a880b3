-- What is missing or too much among the text parameters of one part of a template, in words; null: nothing.
-- p_text: the part's text with its placeholders. p_parameters: as in the content, null when the part is not there.
-- Called by: check_template.
create function app.check_template_text (
  p_part       text,
  p_text       text,
  p_parameters jsonb
)
  returns text
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  v_wanted  text[] := app.template_placeholders(p_text);
  v_given   jsonb := coalesce(p_parameters, '[]');
  v_named   boolean := coalesce((select bool_or(w !~ '^[0-9]+$') from unnest(v_wanted) as w), false);
  v_missing text;
begin
  if v_named then
    select string_agg(w, ', ' order by o) into v_missing
      from unnest(v_wanted) with ordinality as u (w, o)
     where not exists (select from jsonb_array_elements(v_given) as g where g ->> 'parameter_name' = w);
    if v_missing is not null then
      return format('its %s needs the parameters %s', p_part, v_missing);
    end if;
  end if;
  if jsonb_array_length(v_given) <> cardinality(v_wanted) then
    return format('its %s needs %s parameters%s and got %s', p_part, cardinality(v_wanted),
      case when cardinality(v_wanted) > 0 then format(' ({{%s}})', array_to_string(v_wanted, '}}, {{')) else '' end, jsonb_array_length(v_given));
  end if;
  if p_part = 'body' and exists (select from jsonb_array_elements(v_given) as g where g ->> 'type' not in ('text', 'currency', 'date_time')) then
    return 'its body takes parameters of the types text, currency and date_time only';
  end if;
  if exists (select from jsonb_array_elements(v_given) as g
              where g ->> 'type' = 'text' and (coalesce(g ->> 'text', '') = '' or g ->> 'text' ~ '[\n\t\r]| {5}')) then
    return format('a text parameter of its %s is empty, or has a line break, a tab or more than four spaces in a row', p_part);
  end if;
  return null;
end;
$$;

revoke execute on function app.check_template_text from public;
grant execute on function app.check_template_text to service_role;

-- The placeholders of a template's text, in their order, each once: {{1}}, {{2}} give '1', '2'; {{name}} gives 'name'.
-- Called by: check_template, fill_window_template.
create function app.template_placeholders (
  p_text text
)
  returns text[]
  language sql
  immutable
  set search_path = ''
as $$
  select coalesce(array_agg(x.name order by x.first), '{}')
    from (select m.found[1] as name, min(m.ordinal) as first
            from regexp_matches(coalesce(p_text, ''), '\{\{\s*([A-Za-z0-9_]+)\s*\}\}', 'g') with ordinality as m (found, ordinal)
           group by m.found[1]) as x;
$$;

revoke execute on function app.template_placeholders from public;
grant execute on function app.template_placeholders to service_role;

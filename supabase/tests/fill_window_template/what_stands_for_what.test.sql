-- By default, and as the tenant says.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.says('agent') as id;
create function pg_temp.fill (p_settings jsonb, p_body text, p_text text default E'Your table\n\nis   free.', p_over jsonb default '{}') returns jsonb language plpgsql as $$
begin
  perform tests.later('1 second');
  perform tests.delivery('{"window_template_parameters": null, "window_template_text_max": 600}' || p_settings, tests.template_list(p_body, p_over));
  return (select coalesce(f -> 'content' -> 'components' -> 0 -> 'parameters', f -> 'problem')
            from app.outbound_message o join public.tenants t on t.id = o.tenant_id,
                 app.fill_window_template(0::smallint, t, jsonb_populate_record(o, jsonb_build_object('content', jsonb_build_object('type', 'text', 'text', p_text)))) as f
           where o.id = (select id from pg_temp.o));
end; $$;
select is(pg_temp.fill('{"window_template": "hello"}', 'We say: {{1}}'), '[{"type": "text", "text": "Your table is free."}]', 'one placeholder: the text, in one line');
select is(pg_temp.fill('{}', 'Hi {{1}}: {{2}}'), '[{"type": "text", "text": "Ana"}, {"type": "text", "text": "Your table is free."}]', 'two: the name and the text');
select is(pg_temp.fill('{"window_template_parameters": {"who": "contact_name|friend", "from": "tenant_name", "body": "text", "sign": "=Luna"}}', '{{who}} {{body}} {{from}} {{sign}}'),
  '[{"type": "text", "text": "Ana", "parameter_name": "who"}, {"type": "text", "text": "Your table is free.", "parameter_name": "body"}, {"type": "text", "text": "Tenant a", "parameter_name": "from"}, {"type": "text", "text": "Luna", "parameter_name": "sign"}]', 'by names');
select matches(pg_temp.fill('{}', '{{1}} {{2}} {{3}}') #>> '{}', 'nothing stands for: \{\{1', 'three need the setting');
select matches(pg_temp.fill('{"window_template_parameters": {"1": "tenant_name"}}', '{{1}}') #>> '{}', 'no placeholder for the text', 'the text must be in it');
select matches(pg_temp.fill('{"window_template_text_max": 10}', '{{1}}') #>> '{}', 'too long', 'it is not cut');
select matches(pg_temp.fill('{}', repeat('x', 1010) || '{{1}}') #>> '{}', 'too long', 'the whole has a limit too');
select matches(pg_temp.fill('{}', '{{1}}', p_over => '{"status": "PAUSED"}') #>> '{}', 'not approved', 'only what is approved');
update public.contacts set name = null;
select matches(pg_temp.fill('{}', 'Hi {{1}}: {{2}}') #>> '{}', 'nothing stands for: \{\{1', 'a name that is not known');
select is(pg_temp.fill('{"window_template_parameters": {"1": "contact_name|friend", "2": "text"}}', 'Hi {{1}}: {{2}}') -> 0 ->> 'text', 'friend', 'may have a stand-in');
select matches(pg_temp.fill('{"window_template": null}', 'Hi') #>> '{}', 'no template is set', 'no setting');

select * from finish();
rollback;

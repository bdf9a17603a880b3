-- And nothing else.
begin;
select no_plan();

select tests.tenant();
create temp table before as select * from public.tenants;
select app.configure_delivery(0::smallint, tests.tenant(), '{}');
select results_eq('select * from public.tenants', 'select * from before', 'nothing named, nothing changed');
select app.configure_delivery(0::smallint, tests.tenant(), '{"ai_disclosure": "I am an AI.", "opt_out_words": ["basta"], "quiet_hours": "[0,60)", "window_template_parameters": {"1": "text"}}');
select results_eq('select ai_disclosure, opt_out_words, quiet_hours, window_template_parameters, free_entry_hours from public.tenants',
  $$ values ('I am an AI.', '{basta}'::text[], '[0,60)'::int4range, '{"1": "text"}'::jsonb, 168) $$, 'what is named');
select app.configure_delivery(0::smallint, tests.tenant(), '{"ai_disclosure": null}');
select results_eq('select ai_disclosure, opt_out_words from public.tenants', $$ values (null, '{basta}'::text[]) $$, 'null takes away');
select throws_ok($$ select app.configure_delivery(0::smallint, tests.tenant(), '{"quiet_hour": 1}') $$, 'SB400', null, 'a slip of the pen');
select throws_ok($$ select app.configure_delivery(0::smallint, tests.tenant(), '{"quiet_timezone": "Mars/North"}') $$, 'SB400', 'Mars/North is no time zone; a name such as Europe/Madrid is', 'no such zone');
select throws_ok($$ select app.configure_delivery(0::smallint, tests.tenant(), '{"quiet_hours": "[0,2000)"}') $$, '23514', null, 'more than a day');
select throws_ok($$ select app.configure_delivery(0::smallint, tests.tenant(), '{"consent_languages": []}') $$, '23514', null, 'no language at all');
select throws_ok($$ select app.configure_delivery(0::smallint, gen_random_uuid(), '{}') $$, 'SB404', null, 'nobody');

select * from finish();
rollback;

-- What is not in it is gone; news that came meanwhile stays.
begin;
select no_plan();

select tests.clock();
select tests.delivery(p_templates => tests.template_list() || tests.template_list(p_over => '{"name": "bye", "language": "pt-BR"}'));
select results_eq('select name, language, category, status, quality, template_id from public.message_templates order by name',
  $$ values ('bye', 'pt_BR', 'UTILITY', 'APPROVED', 'GREEN', '77'), ('hello', 'en_US', 'UTILITY', 'APPROVED', 'GREEN', '77') $$, 'all of it');
select tests.later('1 minute');
select is(app.sync_templates(0::smallint, tests.tenant(), 'waba-a', tests.template_list(p_over => '{"status": "PAUSED"}'), app.now()), '{"stored": 1, "removed": 1}'::jsonb, 'what changed and what is gone');
select results_eq('select name, status from public.message_templates', $$ values ('hello', 'PAUSED') $$, 'so it is');
select app.sync_templates(0::smallint, tests.tenant(), 'waba-a', tests.template_list(), app.now() - interval '30 seconds');
select results_eq('select status from public.message_templates', $$ values ('PAUSED') $$, 'an older reading undoes nothing');
select app.sync_templates(0::smallint, tests.tenant('b'), 'waba-a', '[]', app.now());
select is((select count(*) from public.message_templates), 1::bigint, 'another tenant''s list is another list');

select * from finish();
rollback;

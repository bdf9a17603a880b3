-- By name and language.
begin;
select no_plan();

select tests.clock();
select tests.delivery(p_templates => tests.template_list(p_over => '{"name": "b"}') || tests.template_list(p_over => '{"name": "a"}'));
select app.sync_templates(0::smallint, tests.tenant(), 'waba-other', tests.template_list(p_over => '{"name": "c"}'), app.now());
select results_eq('select name from app.list_templates(0::smallint, tests.tenant())', $$ values ('a'), ('b'), ('c') $$, 'all');
select results_eq('select name from app.list_templates(0::smallint, tests.tenant(), tests.account())', $$ values ('a'), ('b') $$, 'one account''s');
select is_empty('select from app.list_templates(0::smallint, tests.tenant(''b''))', 'another tenant has none');

select * from finish();
rollback;

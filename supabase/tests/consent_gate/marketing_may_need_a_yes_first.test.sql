-- marketing_needs_opt_in.
begin;
select no_plan();

select tests.clock();
select tests.delivery('{"marketing_needs_opt_in": true}', tests.template_list(p_over => '{"category": "MARKETING"}'));
create temp table o as select tests.says('system', p_content => tests.template_content('a', 'b')) as id;
select is(tests.verdict(id) ->> 'code', 'BLOCKED_BY_POLICY', 'nobody asked for it') from o;
select app.record_consent(0::smallint, tests.contact(), 'marketing', 'resume', 'person', 'a form', app.now());
select is(tests.verdict(id), null, 'now somebody has') from o;

select * from finish();
rollback;

-- Free text, else the template, else a person.
begin;
select no_plan();

select tests.clock();
select tests.delivery();
create temp table o as select tests.says('agent') as id;
select tests.later('23 hours 59 minutes');
select is(tests.verdict(id), null, 'within the window it leaves as it is') from o;
select tests.later('1 minute');
select is(tests.verdict(id), jsonb_build_object('verdict', 'replace', 'content', tests.template_content('Ana', 'Your table is free.')), 'when it has closed, in the template') from o;
select tests.delivery('{"window_template": null}', null);
select results_eq($$ select v ->> 'verdict', v ->> 'code' from o, tests.verdict(id) as v $$, $$ values ('park', 'window_closed') $$, 'without one a person decides');
select tests.delivery('{"window_template": "hello"}', null);
select tests.ingest(tests.event('stop', 'STOP', p_over => jsonb_build_object('occurred_at', app.now() - interval '25 hours')));
select is(tests.verdict(id) ->> 'code', 'BLOCKED_BY_POLICY', 'a template is no way around an opt-out') from o;

select * from finish();
rollback;

-- What does not leave takes nothing.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.says('agent') as id;
select app.configure_sending(0::smallint, tests.account(), p_pair_burst => 1);
select is(tests.verdict(id), null, 'the first has a token') from o;
select is(tests.verdict(id), jsonb_build_object('verdict', 'wait', 'why', 'pair_rate', 'until', app.now() + interval '6.25 seconds'), 'the second waits') from o;
select tests.later('7 seconds');
select tests.ingest(tests.event('stop', 'STOP'));
create temp table pace as select tat from app.pair_pace;
select is(tests.verdict(id) ->> 'verdict', 'refuse', 'who may not write takes none') from o;
select results_eq('select tat from app.pair_pace', 'select tat from pace', 'indeed');

select * from finish();
rollback;

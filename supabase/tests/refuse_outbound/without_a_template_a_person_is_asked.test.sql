-- The end of the ladder.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select tests.later('1 minute');
select tests.ingest(tests.status('wamid.out-1', 'failed', p_over => '{"error": {"code": "131047", "class": "window_closed"}}'));
select is(tests.start_attempt(id) ->> 'action', 'done', 'nothing leaves') from o;
select is(tests.outbound_status(id), 'PARKED', 'it is parked') from o;
select results_eq('select subject from public.tasks', 'select id::text from o', 'a person is asked');

select * from finish();
rollback;

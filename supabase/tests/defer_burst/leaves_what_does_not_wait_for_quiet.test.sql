-- A leased, a retried, a paused lane.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1'));
select tests.later('1 second');
select tests.claim();
select app.defer_burst(0::smallint, tests.conversation(), app.now() + interval '4 seconds');
select is((tests.ready(tests.conversation())).at, app.now() + interval '30 seconds', 'a lease keeps its time');
select is((tests.ready(tests.conversation())).quiet_until, app.now() + interval '4 seconds', 'for the burst behind it the time is noted');
select app.schedule_message_retry(0::smallint, 'inbound', tests.conversation(), tests.token(tests.conversation()), 1, '{}', p_retry_after => '2 seconds');
select app.defer_burst(0::smallint, tests.conversation(), app.now() + interval '5 seconds');
select is((tests.ready(tests.conversation())).at, app.now() + interval '2 seconds', 'a backoff too');
select app.pause_queue(0::smallint, 'inbound', 'a test', tests.tenant());
select tests.later('2 seconds');
select tests.claim();
select app.defer_burst(0::smallint, tests.conversation(), 'infinity');
select results_eq('select at, parked_at from app.queue_ready', $$ values ('infinity'::timestamptz, app.now()) $$, 'and what a pause keeps back');

select * from finish();
rollback;

-- 5 seconds from when it happened.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1'));
select is(tests.ingest(tests.event('t1', p_kind => 'typing') - 'message'), '{"stored": 0, "duplicates": 0, "raw": 0, "failed": 0, "wake": false}'::jsonb, 'it leaves no trace');
select is((tests.ready(tests.conversation())).at, app.now() + interval '5 seconds', 'the burst waits');
select tests.later('2 seconds');
select tests.ingest(tests.event('t1', p_kind => 'typing') - 'message');
select is((tests.ready(tests.conversation())).at, app.now() + interval '4 seconds', 'a second sign is no duplicate; longer than 6 seconds it never waits');
select tests.ingest(tests.event('m2', 'That is all.'));
select is((tests.ready(tests.conversation())).at, app.now() + interval '900 milliseconds', 'the message for which it waited ends the waiting');
select tests.ingest(tests.event('t2', p_kind => 'typing', p_over => jsonb_build_object('occurred_at', app.now() - interval '4 seconds')) - 'message');
select is((tests.ready(tests.conversation())).at, app.now() + interval '1 second', 'one that comes late counts from when it happened');
select results_eq('select count(*)::integer from app.processed_messages', 'values (2)', 'only the messages are remembered');

select * from finish();
rollback;

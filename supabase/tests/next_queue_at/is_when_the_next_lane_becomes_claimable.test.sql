-- So that a worker sleeps no longer than it may.
begin;
select no_plan();

select tests.clock();
select is(app.next_queue_at(0::smallint, 'inbound'), null, 'never, when nothing waits');
select app.enqueue_message(0::smallint, 'inbound', gen_random_uuid(), tests.tenant(), 'work', '{}', 'c', 9::smallint, p_quiet => '9 seconds', p_max_wait => '9 seconds');
select app.enqueue_message(0::smallint, 'inbound', gen_random_uuid(), tests.tenant(), 'work', '{}', 'c', 0::smallint, p_quiet => '4 seconds', p_max_wait => '9 seconds');
select is(app.next_queue_at(0::smallint, 'inbound'), app.now() + interval '4 seconds', 'the earliest, of whatever priority');
select is(app.next_queue_at(1::smallint, 'inbound'), null, 'another shard has its own');
select is(app.next_queue_at(0::smallint, 'outbound'), null, 'and so has another queue');
select tests.later('4 seconds');
select tests.claim();
select is(app.next_queue_at(0::smallint, 'inbound'), '2026-11-20 10:00:09Z'::timestamptz, 'a leased lane counts with the end of its lease');

select * from finish();
rollback;

-- From the head, the middle and the end.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(6) as lane;
select is(app.cancel_queue_messages(0::smallint, 'inbound', lane, 1, 1), 1, 'the head') from l;
select is(app.cancel_queue_messages(0::smallint, 'inbound', lane, 3, 4), 2, 'the middle') from l;
select is(app.cancel_queue_messages(0::smallint, 'inbound', lane, 6), 1, 'the end') from l;
select is(app.cancel_queue_messages(0::smallint, 'inbound', lane, 6), 0, 'once') from l;
select results_eq('select seq from app.get_next_queue_message(0::smallint, $$inbound$$, $$w$$, 1, 1)', $$ values (2::bigint) $$, 'the rest is in order');
select app.complete_queue_messages(0::smallint, 'inbound', lane, tests.token(lane), 2) from l;
select results_eq('select seq from app.get_next_queue_message(0::smallint, $$inbound$$, $$w$$, 1, 1)', $$ values (5::bigint) $$, 'cancelled numbers are passed over');
select app.complete_queue_messages(0::smallint, 'inbound', lane, tests.token(lane), 5) from l;
select is_empty('select * from app.queue_ready', 'the lane is idle');
select is(app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', '{}', 'c'), 7::bigint, 'numbers are never given out twice') from l;
select is(app.cancel_queue_messages(0::smallint, 'inbound', lane), 1, 'all that is left') from l;
select is_empty('select * from app.queue_ready', 'and it is idle at once');
select is(app.cancel_queue_messages(0::smallint, 'inbound', gen_random_uuid()), 0, 'a lane that is not there has nothing');

select * from finish();
rollback;

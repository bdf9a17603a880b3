-- Unless its lease ran out.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(4) as lane;
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1, 2);
create temp table held as select tests.token(lane) as token from l;
select is(app.cancel_queue_messages(0::smallint, 'inbound', lane), 2, 'what is behind the lease') from l;
select results_eq('select seq from app.message_queue order by seq', $$ values (1::bigint), (2) $$, 'the worker''s stay');
select tests.later('31 seconds');
select is(app.cancel_queue_messages(0::smallint, 'inbound', lane), 2, 'after the lease they go too') from l;
select throws_ok($$ select app.complete_queue_messages(0::smallint, 'inbound', lane, token, 2) from l, held $$, 'SB001', null, 'and the worker is told');

select * from finish();
rollback;

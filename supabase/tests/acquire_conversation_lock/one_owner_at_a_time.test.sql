-- Until it is given back or runs out.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));

create temp table first as select app.acquire_conversation_lock(0::smallint, tests.conversation(), 'w1') as token;
select isnt((select token from first), null, 'free: it is given');
select is(app.acquire_conversation_lock(0::smallint, tests.conversation(), 'w2'), null::bigint, 'taken: it is not');
select is(app.acquire_conversation_lock(0::smallint, tests.conversation(), 'w1'), null::bigint, 'to its owner neither');
select tests.later('30 seconds');
select ok(app.acquire_conversation_lock(0::smallint, tests.conversation(), 'w2') > (select token from first), 'after its time, with a greater token');
select throws_ok($$ select app.acquire_conversation_lock(0::smallint, gen_random_uuid(), 'w') $$, 'SB404', null, 'there is no such conversation');

select * from finish();
rollback;

-- Until it is given back or runs out.
begin;
select no_plan();

select tests.clock();
create temp table first as select app.acquire_message_lock(0::smallint, 'm', 'w1') as token;
select isnt((select token from first), null, 'free: it is given');
select is(app.acquire_message_lock(0::smallint, 'm', 'w2'), null::bigint, 'taken: it is not');
select is(app.acquire_message_lock(0::smallint, 'm', 'w1'), null::bigint, 'to its owner neither');
select tests.later('30 seconds');
select ok(app.acquire_message_lock(0::smallint, 'm', 'w2') > (select token from first), 'after its time, with a greater token');

select * from finish();
rollback;

-- Whether it was still his.
begin;
select no_plan();

select tests.clock();
create temp table first as select app.acquire_message_lock(0::smallint, 'm', 'w1') as token;
select ok(not app.release_message_lock(0::smallint, 'm', 'w2', token), 'not by somebody else') from first;
select ok(not app.release_message_lock(0::smallint, 'm', 'w1', token - 1), 'not with another token') from first;
select ok(app.release_message_lock(0::smallint, 'm', 'w1', token), 'by the owner') from first;
select ok(not app.release_message_lock(0::smallint, 'm', 'w1', token), 'once') from first;
select isnt(app.acquire_message_lock(0::smallint, 'm', 'w2'), null, 'then it is free');

select * from finish();
rollback;

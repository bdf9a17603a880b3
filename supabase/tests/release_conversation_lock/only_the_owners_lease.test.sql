-- Whether it was still his.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));

create temp table first as select app.acquire_conversation_lock(0::smallint, tests.conversation(), 'w1') as token;
select ok(not app.release_conversation_lock(0::smallint, tests.conversation(), 'w2', token), 'not by somebody else') from first;
select ok(not app.release_conversation_lock(0::smallint, tests.conversation(), 'w1', token - 1), 'not with another token') from first;
select ok(app.release_conversation_lock(0::smallint, tests.conversation(), 'w1', token), 'by the owner') from first;
select ok(not app.release_conversation_lock(0::smallint, tests.conversation(), 'w1', token), 'once') from first;
select isnt(app.acquire_conversation_lock(0::smallint, tests.conversation(), 'w2'), null, 'then it is free');

select * from finish();
rollback;

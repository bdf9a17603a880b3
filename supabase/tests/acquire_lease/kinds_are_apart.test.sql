-- And shards.
begin;
select no_plan();

select tests.clock();
select isnt(app.acquire_lease(0::smallint, 'message', 'k', 'w', '1 second'), null, 'a message');
select isnt(app.acquire_lease(0::smallint, 'conversation', 'k', 'w', '1 second'), null, 'a conversation of the same key');
select isnt(app.acquire_lease(1::smallint, 'message', 'k', 'w', '1 second'), null, 'in another shard');
select throws_ok($$ select app.acquire_lease(0::smallint, 'other', 'k', 'w', '1 second') $$, '23514', null, 'there is no other kind');

select * from finish();
rollback;

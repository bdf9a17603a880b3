-- Fencing.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select throws_ok($$ select app.assert_lease(0::smallint, 'inbound', (select lane from l), null) $$, 'SB001', null, 'an unleased lane has no token, not even null');
select tests.claim();
create temp table held as select tests.token((select lane from l)) as token;
select lives_ok($$ select app.assert_lease(0::smallint, 'inbound', (select lane from l), (select token from held)) $$, 'the token of the lease counts');
select throws_ok($$ select app.assert_lease(0::smallint, 'outbound', (select lane from l), (select token from held)) $$, 'SB001', null, 'in another queue it does not');
select throws_ok($$ select app.assert_lease(1::smallint, 'inbound', (select lane from l), (select token from held)) $$, 'SB001', null, 'nor in another shard');
select tests.later('1 hour');
select lives_ok($$ select app.assert_lease(0::smallint, 'inbound', (select lane from l), (select token from held)) $$, 'a lease that ran out counts while nobody else took the lane');
select tests.claim();
select throws_ok($$ select app.assert_lease(0::smallint, 'inbound', (select lane from l), (select token from held)) $$, 'SB001', null, 'after that it is stale');

select * from finish();
rollback;

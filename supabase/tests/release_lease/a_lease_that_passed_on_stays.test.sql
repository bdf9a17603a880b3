-- The new owner keeps it.
begin;
select no_plan();

select tests.clock();
create temp table old as select app.acquire_lease(0::smallint, 'message', 'k', 'w', '1 second') as token;
select tests.later('1 second');
select app.acquire_lease(0::smallint, 'message', 'k', 'w', '1 second');
select ok(not app.release_lease(0::smallint, 'message', 'k', 'w', token), 'the same owner with an old token is told') from old;
select is((select count(*)::integer from app.leases), 1, 'and gives nothing away');

select * from finish();
rollback;

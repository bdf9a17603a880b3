-- Whoever knows another version is refused.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select is((app.lock_workflow(0::smallint, id, 1)).step, 'ask', 'the row') from w;
select is((app.lock_workflow(0::smallint, id, null)).step, 'ask', 'whatever it is at') from w;
select throws_ok(format('select app.lock_workflow(0::smallint, %L, 2)', id), 'SB409', null, 'another version') from w;
select throws_ok(format('select app.lock_workflow(1::smallint, %L, 1)', id), 'SB404', null, 'another shard') from w;

select * from finish();
rollback;

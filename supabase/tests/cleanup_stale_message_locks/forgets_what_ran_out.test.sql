-- In batches.
begin;
select no_plan();

select tests.clock();
select app.acquire_lease(0::smallint, 'message', 'k' || n, 'w', make_interval(secs => n)) from generate_series(1, 4) n;
select tests.later('3 seconds');
select is(app.cleanup_stale_message_locks(0::smallint, 2), 2, 'as many as asked for');
select is(app.cleanup_stale_message_locks(0::smallint), 1, 'the rest');
select is((select key from app.leases), 'k4', 'what lasts stays');

select * from finish();
rollback;

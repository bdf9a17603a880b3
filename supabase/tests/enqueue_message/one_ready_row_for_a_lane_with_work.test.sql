-- What claims look at.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(3) as lane;
select results_eq('select at, done, tries, leased_by, token, burst_at, priority from app.queue_ready',
  $$ values (app.now(), 0::bigint, 0::smallint, null::text, null::bigint, app.now(), 5::smallint) $$, 'it is there once, and ready at once without a quiet time');

select * from finish();
rollback;

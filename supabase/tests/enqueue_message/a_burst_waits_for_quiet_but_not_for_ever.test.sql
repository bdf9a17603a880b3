-- p_quiet after the last message, at most p_max_wait after the first.
begin;
select no_plan();

select tests.clock();
create temp table l as select gen_random_uuid() as lane;
create function pg_temp.put () returns timestamptz language plpgsql as $$
begin
  perform app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '1 second', p_max_wait => '3 seconds');
  return (tests.ready((select lane from l))).at;
end; $$;
select is(pg_temp.put(), app.now() + interval '1 second', 'after the first message it rests a second');
select tests.later('900 milliseconds');
select is(pg_temp.put(), app.now() + interval '1 second', 'after the next one anew');
select tests.later('900 milliseconds');
select pg_temp.put();
select tests.later('900 milliseconds');
select is(pg_temp.put(), '2026-11-20 10:00:03Z'::timestamptz, 'but never longer than three seconds after the first');
select tests.later('299 milliseconds');
select is_empty('select * from tests.claim()', 'not yet');
select tests.later('1 millisecond');
select is((select count(*)::integer from tests.claim()), 4, 'now, all of it');

select * from finish();
rollback;

-- The lane's priority is that of its most urgent work, until it is empty.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
create function pg_temp.put (p_priority integer) returns smallint language plpgsql as $$
begin
  perform app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_priority::smallint);
  return (tests.ready((select lane from l))).priority;
end; $$;
select is(pg_temp.put(8), 8::smallint, 'lifted');
select is(pg_temp.put(2), 8::smallint, 'never lowered');
select tests.claim();
select is(pg_temp.put(9), 9::smallint, 'a leased one too, for when it comes back');
select throws_ok($$ select pg_temp.put(10) $$, 'SB400', null, 'there is no priority 10');

select * from finish();
rollback;

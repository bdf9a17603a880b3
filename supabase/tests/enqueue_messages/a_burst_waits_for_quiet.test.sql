-- p_quiet and p_max_wait, as for one.
begin;
select no_plan();

select tests.clock();
create temp table l as select gen_random_uuid() as lane;
create function pg_temp.put () returns timestamptz language plpgsql as $$
begin
  perform app.enqueue_messages(0::smallint, 'inbound', jsonb_build_array(jsonb_build_object('lane_id', (select lane from l), 'tenant_id', tests.tenant(),
    'kind', 'work', 'payload', '{}'::jsonb, 'correlation_id', 'c')), '1 second', '3 seconds');
  return (tests.ready((select lane from l))).at;
end; $$;
select is(pg_temp.put(), app.now() + interval '1 second', 'after the first');
select tests.later('900 milliseconds');
select is(pg_temp.put(), app.now() + interval '1 second', 'anew after the next');
select tests.later('1500 milliseconds');
select is(pg_temp.put(), '2026-11-20 10:00:03Z'::timestamptz, 'but not for ever');

select * from finish();
rollback;

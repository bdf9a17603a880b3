-- 400 lanes of one tenant in front of everybody else's.
begin;
select no_plan();

select tests.clock();
select tests.lane(1) from generate_series(1, 400);
select tests.later('1 second');
select app.enqueue_message(0::smallint, 'inbound', gen_random_uuid(), tests.tenant(s), 'work', '{}', 'cor') from unnest(array['b', 'c', 'd']) as s;
select is((app.busy_tenants(0::smallint, 'inbound', 2))[1], tests.tenant('a'), 'the busiest first');
select is((select array_agg(t order by t) from unnest(app.busy_tenants(0::smallint, 'inbound', 10)) as t),
  (select array_agg(t order by t) from unnest(array[tests.tenant('a'), tests.tenant('b'), tests.tenant('c'), tests.tenant('d')]) as t), 'the others too, each once');
select is(cardinality(app.busy_tenants(0::smallint, 'inbound', 2)), 2, 'no more than asked for');
select is(app.busy_tenants(0::smallint, 'outbound', 2), '{}'::uuid[], 'none in another queue');

select * from finish();
rollback;

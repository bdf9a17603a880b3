-- Every 16th claim turns the priorities round.
begin;
select no_plan();

select tests.clock();
create function pg_temp.put (p_tenant text, p_count integer, p_priority integer default 5) returns void language sql as $$
  select app.enqueue_message(0::smallint, 'webhook', md5(p_tenant || p_priority || n)::uuid, tests.tenant(p_tenant), 'work', '{}', 'c', p_priority::smallint) from generate_series(1, p_count) n; $$;
create function pg_temp.got (p_lanes integer) returns table (slug text, lanes integer) language sql as $$
  select t.slug, count(distinct g.lane_id)::integer from app.get_next_queue_message(0::smallint, 'webhook', 'w', p_lanes) g join public.tenants t on t.id = g.tenant_id group by t.slug order by t.slug; $$;

select setval('app.queue_turn', 15, false);
select pg_temp.put('a', 100, 9), pg_temp.put('a', 1, 0);
select pg_temp.got(1);
select is((select min(priority) from app.queue_ready where leased_by is not null), 9::smallint, 'the 15th takes the urgent');
select pg_temp.got(1);
select is((select min(priority) from app.queue_ready where leased_by is not null), 0::smallint, 'the 16th does not');

select * from finish();
rollback;

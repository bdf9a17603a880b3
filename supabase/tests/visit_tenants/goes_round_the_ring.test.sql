-- From anywhere, everybody once.
begin;
select no_plan();

select tests.clock();
create function pg_temp.put (p_tenant text, p_count integer, p_priority integer default 5) returns void language sql as $$
  select app.enqueue_message(0::smallint, 'webhook', md5(p_tenant || p_priority || n)::uuid, tests.tenant(p_tenant), 'work', '{}', 'c', p_priority::smallint) from generate_series(1, p_count) n; $$;
create function pg_temp.got (p_lanes integer) returns table (slug text, lanes integer) language sql as $$
  select t.slug, count(distinct g.lane_id)::integer from app.get_next_queue_message(0::smallint, 'webhook', 'w', p_lanes) g join public.tenants t on t.id = g.tenant_id group by t.slug order by t.slug; $$;

select app.enqueue_message(0::smallint, 'webhook', md5(n::text)::uuid, md5('t' || n)::uuid, 'work', '{}', 'c') from generate_series(1, 9) n;
select is((select count(distinct t)::integer from unnest(app.visit_tenants(0::smallint, 'webhook', turn, '{}')) t), 9, 'turn ' || turn) from generate_series(1, 3) turn;
select is(cardinality(app.visit_tenants(0::smallint, 'webhook', 1, '{}', 4)), 4, 'no more than asked for');
select is(cardinality(app.visit_tenants(0::smallint, 'webhook', 1, array[md5('t1')::uuid])), 8, 'without those that are known');
select is((select count(distinct (app.visit_tenants(0::smallint, 'webhook', turn, '{}', 1))[1])::integer from generate_series(1, 3000) turn), 9, 'everybody comes first once in a while');

select * from finish();
rollback;

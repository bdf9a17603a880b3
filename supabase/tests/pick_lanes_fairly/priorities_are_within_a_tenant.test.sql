-- Urgent work of one tenant is no advantage over another.
begin;
select no_plan();

select tests.clock();
create function pg_temp.put (p_tenant text, p_count integer, p_priority integer default 5) returns void language sql as $$
  select app.enqueue_message(0::smallint, 'webhook', md5(p_tenant || p_priority || n)::uuid, tests.tenant(p_tenant), 'work', '{}', 'c', p_priority::smallint) from generate_series(1, p_count) n; $$;
create function pg_temp.got (p_lanes integer) returns table (slug text, lanes integer) language sql as $$
  select t.slug, count(distinct g.lane_id)::integer from app.get_next_queue_message(0::smallint, 'webhook', 'w', p_lanes) g join public.tenants t on t.id = g.tenant_id group by t.slug order by t.slug; $$;

select setval('app.queue_turn', 1);
select pg_temp.put('a', 50, 9), pg_temp.put('a', 5, 1), pg_temp.put('b', 50, 1);
select results_eq('select * from pg_temp.got(20)', $$ values ('a', 10), ('b', 10) $$, 'both get their part');
select is((select max(priority) from app.queue_ready r where leased_by is not null and tenant_id = tests.tenant('a')), 9::smallint, 'the urgent first');
select is((select count(*)::integer from app.queue_ready r where leased_by is not null and priority = 1 and tenant_id = tests.tenant('a')), 0, 'and nothing else');

select * from finish();
rollback;

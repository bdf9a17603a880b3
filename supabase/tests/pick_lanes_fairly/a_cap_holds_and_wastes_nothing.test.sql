-- tenants.max_concurrency.
begin;
select no_plan();

select tests.clock();
create function pg_temp.put (p_tenant text, p_count integer, p_priority integer default 5) returns void language sql as $$
  select app.enqueue_message(0::smallint, 'webhook', md5(p_tenant || p_priority || n)::uuid, tests.tenant(p_tenant), 'work', '{}', 'c', p_priority::smallint) from generate_series(1, p_count) n; $$;
create function pg_temp.got (p_lanes integer) returns table (slug text, lanes integer) language sql as $$
  select t.slug, count(distinct g.lane_id)::integer from app.get_next_queue_message(0::smallint, 'webhook', 'w', p_lanes) g join public.tenants t on t.id = g.tenant_id group by t.slug order by t.slug; $$;

select pg_temp.put('a', 100), pg_temp.put('b', 100);
select app.configure_tenant(0::smallint, tests.tenant('a'), p_max_concurrency => 3);
select results_eq('select * from pg_temp.got(32)', $$ values ('a', 3), ('b', 29) $$, 'no more than its cap; the others have the rest');
select results_eq('select * from pg_temp.got(32)', $$ values ('b', 32) $$, 'none while they are in work');
select app.complete_queue_messages(0::smallint, 'webhook', lane_id, token, 1) from app.queue_ready where tenant_id = tests.tenant('a') and leased_by is not null limit 2;
select results_eq('select * from pg_temp.got(32)', $$ values ('a', 2), ('b', 30) $$, 'as many as have ended');
select tests.later('31 seconds');
select ok((select lanes from pg_temp.got(80) where slug = 'a') = 3, 'leases that ran out count no more');

select * from finish();
rollback;

-- 20,000 lanes of one tenant wait; another one's only message is among the next two claims of 32.
begin;
select no_plan();

select tests.clock();
create function pg_temp.put (p_tenant text, p_count integer, p_priority integer default 5) returns void language sql as $$
  with tenant as materialized (select tests.tenant(p_tenant) as id)
  select app.enqueue_message(0::smallint, 'webhook', md5(p_tenant || p_priority || n)::uuid, t.id, 'work', '{}', 'c', p_priority::smallint) from tenant t, generate_series(1, p_count) n; $$;
create function pg_temp.got (p_lanes integer) returns table (slug text, lanes integer) language sql as $$
  select t.slug, count(distinct g.lane_id)::integer from app.get_next_queue_message(0::smallint, 'webhook', 'w', p_lanes) g join public.tenants t on t.id = g.tenant_id group by t.slug order by t.slug; $$;

select pg_temp.put('a', 20000);
select tests.later('1 minute');
select pg_temp.put('b', 1);
create temp table got as select * from pg_temp.got(32) union all select * from pg_temp.got(32);
select is((select sum(lanes)::integer from got where slug = 'b'), 1, 'it is');
select is((select sum(lanes)::integer from got where slug = 'a'), 63, 'and no room was wasted');

select * from finish();
rollback;

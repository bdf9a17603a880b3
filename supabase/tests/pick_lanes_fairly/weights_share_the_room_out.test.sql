-- Three parts to one, however many are asked for at a time.
begin;
select no_plan();

select tests.clock();
create function pg_temp.put (p_tenant text, p_count integer, p_priority integer default 5) returns void language sql as $$
  select app.enqueue_message(0::smallint, 'webhook', md5(p_tenant || p_priority || n)::uuid, tests.tenant(p_tenant), 'work', '{}', 'c', p_priority::smallint) from generate_series(1, p_count) n; $$;
create function pg_temp.got (p_lanes integer) returns table (slug text, lanes integer) language sql as $$
  select t.slug, count(distinct g.lane_id)::integer from app.get_next_queue_message(0::smallint, 'webhook', 'w', p_lanes) g join public.tenants t on t.id = g.tenant_id group by t.slug order by t.slug; $$;

select pg_temp.put('a', 200), pg_temp.put('b', 200);
select app.configure_tenant(0::smallint, tests.tenant('a'), p_weight => 3);
select results_eq('select * from pg_temp.got(32)', $$ values ('a', 24), ('b', 8) $$, 'of 32');
create temp table got (slug text, lanes integer);
do $$ begin for n in 1 .. 80 loop insert into got select * from pg_temp.got(1); end loop; end; $$;
select ok((select sum(lanes) from got where slug = 'a') between 58 and 62, 'of 80, one at a time: ' || (select sum(lanes) from got where slug = 'a'));

select * from finish();
rollback;

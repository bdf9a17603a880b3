-- Twelve lanes in work, eight of them with one and the same time.
begin;
select no_plan();

select tests.clock();
select tests.lane(1) from generate_series(1, 12);
create temp table lane as select lane_id as id, row_number() over (order by lane_id) as n from app.queue_ready;
update app.queue_ready r set at = app.now() + case when n < 3 then n * interval '1 second' when n > 10 then interval '20 seconds' else interval '10 seconds' end, tries = n % 2
  from lane where id = r.lane_id;
create function pg_temp.pages (p_state text, p_limit integer) returns setof bigint language plpgsql as $$
declare v_page jsonb; v_next jsonb := '{"from": null, "skip": 0}';
begin
  while v_next <> 'null' loop
    v_page := public.list_lanes(p_state => p_state, p_limit => p_limit, p_from => (v_next ->> 'from')::timestamptz, p_skip => (v_next ->> 'skip')::integer);
    return query select l.n from jsonb_array_elements(v_page -> 'lanes') as x join lane l on l.id = (x ->> 'lane_id')::uuid;
    v_next := v_page -> 'next';
  end loop;
end; $$;

select bag_eq($$ select * from pg_temp.pages('backing_off', 1) $$, $$ select n from lane where n % 2 = 1 $$, 'page after page, each lane once');
select bag_eq($$ select * from pg_temp.pages('resting', 5) $$, $$ select n from lane where n % 2 = 0 $$, 'whatever the size of a page');
select is((select array_agg(x ->> 'state') from jsonb_array_elements(public.list_lanes(p_limit => 2) -> 'lanes') as x), array['backing_off', 'resting'], 'without a state: some of each');
update app.queue_ready set tenant_id = tests.tenant('b'), at = app.now() where lane_id = (select id from lane where n = 5);
select is((select array_agg(x ->> 'tenant') from jsonb_array_elements(public.list_lanes(p_tenant_id => tests.tenant('b')) -> 'lanes') as x), array['b'], 'of a tenant');
select is(jsonb_array_length(public.list_lanes(p_queue => 'outbound') -> 'lanes'), 0, 'of a queue');
select is(jsonb_array_length(public.list_lanes(p_shard => 1::smallint) -> 'lanes'), 0, 'of a shard');
select throws_ok($$ select public.list_lanes(p_state => 'odd') $$, 'SB400', null, 'there are six states');
select throws_ok($$ select public.list_lanes(p_limit => 1000) $$, 'SB400', null, 'a page has its limit');

select * from finish();
rollback;

-- A tenant's own lanes, and no other's.
begin;
select no_plan();

select tests.clock();
select tests.lane(2), tests.lane(3), tests.tenant('c');
create temp table l as select tests.lane(1) as b, tests.lane(1) as parked, tests.lane(1) as held;
update app.queue_ready set tenant_id = tests.tenant('b') where lane_id = (select b from l);
update app.queue_ready set parked_at = at, at = 'infinity' where lane_id = (select parked from l);
update app.queue_ready set leased_by = 'w', token = 1, at = app.now() + interval '1 second' where lane_id = (select held from l);
create function pg_temp.tally (p_cap integer) returns table (slug text, tally jsonb) language sql as $$
  select t.slug, y.tally - array['oldest_at', 'due_since', 'next_at'] from app.tally_tenants(0::smallint, 'inbound', array[tests.tenant('a'), tests.tenant('b'), tests.tenant('c')], p_cap) y
    join public.tenants t on t.id = y.tenant_id; $$;

select results_eq('select * from pg_temp.tally(10) order by slug', $$ values
  ('a', '{"due": 2, "resting": 0, "backing_off": 0, "leased": 1, "expired": 0, "parked": 1, "waiting": 6, "more": []}'::jsonb),
  ('b', '{"due": 1, "resting": 0, "backing_off": 0, "leased": 0, "expired": 0, "parked": 0, "waiting": 1, "more": []}'),
  ('c', '{"due": 0, "resting": 0, "backing_off": 0, "leased": 0, "expired": 0, "parked": 0, "waiting": 0, "more": []}') $$, 'each its own');
select is((select tally -> 'more' from pg_temp.tally(1) where slug = 'a'), '["due", "later", "waiting"]', 'and whether there are more');

select * from finish();
rollback;

-- Due, later, leased, expired and parked lanes, each from its index; of one tenant or of all.
begin;
select no_plan();

select tests.clock();
create temp table lane as
  select x.*, tests.lane(1) as id from (values
    (1, 'a', interval '-3 seconds', null, 5), (2, 'a', '-2 seconds', null, 9), (3, 'b', '-1 second', null, 5), (4, 'a', '1 second', null, 5),
    (5, 'b', '2 seconds', null, 5), (6, 'a', '3 seconds', 'w', 5), (7, 'b', '-4 seconds', 'w', 5), (8, 'b', '0', null, 5)) as x (n, slug, after, worker, priority);
update app.queue_ready r set at = app.now() + l.after, tenant_id = tests.tenant(l.slug), leased_by = l.worker, priority = l.priority,
    token = case when l.worker is not null then l.n end
  from lane l where l.id = r.lane_id;
update app.queue_ready set parked_at = at, at = 'infinity' where lane_id = (select id from lane where n = 8);
create function pg_temp.look (p_stretch text, p_slug text default null, p_limit integer default 10, p_from timestamptz default '-infinity')
  returns integer[] language sql as $$
  select array_agg(l.n order by x.nr)
    from (select r.lane_id, row_number() over () as nr
            from app.look_at_lanes(0::smallint, 'inbound', (select id from public.tenants where slug = p_slug), p_stretch, p_limit, p_from) as r) as x
    join lane l on l.id = x.lane_id; $$;

select is(pg_temp.look('due'), array[1, 2, 3], 'due: the longest waiting first');
select is(pg_temp.look('due', 'a'), array[1, 2], 'of a tenant, whatever its priorities');
select is(pg_temp.look('due', p_limit => 2), array[1, 2], 'no more than asked for');
select is(pg_temp.look('due', p_from => app.now() - interval '2 seconds'), array[2, 3], 'from a time on');
select is(pg_temp.look('later'), array[4, 5], 'later');
select is(pg_temp.look('later', 'b'), array[5], 'of a tenant');
select is(pg_temp.look('leased'), array[6], 'leased');
select is(pg_temp.look('expired'), array[7], 'expired');
select is(pg_temp.look('expired', 'a'), null::integer[], 'not of another tenant');
select is(pg_temp.look('parked'), array[8], 'parked');
select is(pg_temp.look('parked', 'a'), null::integer[], 'not of another tenant');
select is_empty($$ select * from app.look_at_lanes(1::smallint, 'inbound', null, 'due', 10) $$, 'another shard has none');

select * from finish();
rollback;

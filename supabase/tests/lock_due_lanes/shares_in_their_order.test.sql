-- And no more than asked for.
begin;
select no_plan();

select tests.clock();
select app.enqueue_message(0::smallint, 'webhook', md5(x || n)::uuid, md5(x)::uuid, 'work', '{}', 'c', n::smallint) from unnest(array['a', 'b']) x, generate_series(1, 4) n;
create function pg_temp.lock (p_a integer, p_b integer, p_limit integer, p_low boolean default false, p_not uuid[] default '{}', p_after timestamptz default '-infinity') returns uuid[] language sql as $$
  select array_agg(r.lane_id order by x.n)
    from app.lock_due_lanes(0::smallint, 'webhook', array[md5('a')::uuid, md5('b')::uuid], array[p_a, p_b], p_limit, p_low, p_after,
           array(select ctid from app.queue_ready where lane_id = any (p_not))) l
   cross join unnest(l.rows, l.owners) with ordinality as x (row, owner, n)
    join app.queue_ready r on r.ctid = x.row and r.tenant_id = x.owner; $$;
select is(pg_temp.lock(2, 1, 9), array[md5('a4')::uuid, md5('a3')::uuid, md5('b4')::uuid], 'the urgent first');
select is(pg_temp.lock(1, 1, 9, true), array[md5('a1')::uuid, md5('b1')::uuid], 'or the least');
select is(cardinality(pg_temp.lock(9, 9, 5)), 5, 'p_limit in all');
select is(pg_temp.lock(1, 0, 9, p_not => array[md5('a4')::uuid]), array[md5('a3')::uuid], 'none that is locked already');
select is(pg_temp.lock(9, 9, 9, p_after => app.now() + interval '1 second'), null, 'nor what is due for longer than the caller cares about');

select * from finish();
rollback;

-- Behind a burst: work that came meanwhile, and numbers that were cancelled.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as more, tests.lane(1) as cancelled;
create temp table c as select n.lane_id, n.token, n.seq from app.get_next_queue_message(0::smallint, 'inbound', 'w1', 10, 1) n;
select app.enqueue_message(0::smallint, 'inbound', x, tests.tenant(), 'work', '{}', 'c') from l, unnest(array[more, cancelled]) x;
select app.cancel_queue_messages(0::smallint, 'inbound', (select cancelled from l));
select results_eq($$ select x.nexts from (select array_agg(lane_id order by lane_id) as lanes from c) a,
    app.recheck_lanes(0::smallint, 'inbound', a.lanes, array[1, 1], array[null, null]::bigint[], array[null, null]::timestamptz[], null) x $$,
  $$ select array_agg(case when lane_id = l.more then 2::bigint end order by lane_id) from c, l $$, 'what is behind');
select results_eq('select lane_id, tail, idle_at from app.queue_lane order by idle_at', 'select more, 2::bigint, 0::bigint from l union all select cancelled, 2, 2 from l', 'the one without more is idle');
select is((app.complete_queue_lanes(0::smallint, 'inbound', array_agg(token order by token), array[1, 1])).stale, '{}', 'complete_queue_lanes says the same') from c;
select results_eq('select lane_id, done from app.queue_ready', 'select more, 1::bigint from l', 'one goes on');

select * from finish();
rollback;

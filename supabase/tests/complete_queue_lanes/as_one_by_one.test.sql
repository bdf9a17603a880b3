-- What complete_queue_messages does for each lane.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as whole, tests.lane(3) as part, tests.lane(1) as untouched;
create temp table c as select lane_id, token, max(seq) as upto from tests.claim() group by lane_id, token;
select is((app.complete_queue_lanes(0::smallint, 'inbound', array_agg(c.token), array_agg(case when c.lane_id = l.part then 2 else c.upto end))).stale, '{}', 'none was stale')
  from c join l on c.lane_id in (l.whole, l.part);

select is((tests.ready((select whole from l))).lane_id, null, 'the one that was done to its end is idle');
select results_eq($$ select (r).done, (r).at, (r).tries, (r).leased_by, (r).token, (r).burst_at from (select tests.ready((select part from l)) as r) x $$,
  $$ values (2::bigint, app.now(), 0::smallint, null::text, null::bigint, app.now()) $$, 'the other is ready again behind its cursor');
select isnt((tests.ready((select untouched from l))).token, null, 'the third is still leased');
select results_eq('select lane_id, seq from app.message_queue order by lane_id = (select part from l) desc', $$ select part, 3::bigint from l union all select untouched, 1 from l $$, 'what was done is gone');

select app.enqueue_message(0::smallint, 'inbound', (select whole from l), tests.tenant(), 'work', '{}', 'c');
select is((tests.ready((select whole from l))).done, 2::bigint, 'the idle one wakes at its next number');

select * from finish();
rollback;

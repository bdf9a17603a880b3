-- What there is, or that there is more.
begin;
select no_plan();

select tests.clock();
select tests.lane(2), tests.lane(1), tests.lane(1), tests.lane(1);
create temp table lane as select lane_id, row_number() over (order by lane_id) as n from app.queue_ready;
update app.queue_ready r
   set at = app.now() + x.after, tries = x.tries, leased_by = x.worker, token = x.token
  from lane l join (values (1, interval '-5 seconds', 0, null, null::bigint), (2, '1 second', 0, null, null), (3, '2 seconds', 2, null, null), (4, '9 seconds', 1, 'w', 7)) as x (n, after, tries, worker, token) using (n)
 where r.lane_id = l.lane_id;

select is(app.tally_queue(0::smallint, 'inbound', 10), jsonb_build_object('due', 1, 'resting', 1, 'backing_off', 1, 'leased', 1, 'expired', 0, 'parked', 0,
  'waiting', 5, 'more', '[]'::jsonb, 'oldest_at', app.now(), 'due_since', app.now() - interval '5 seconds', 'next_at', app.now() + interval '1 second'), 'all of it');
select is(app.tally_queue(0::smallint, 'inbound', 1) - array['oldest_at', 'due_since', 'next_at', 'leased', 'expired', 'resting', 'backing_off'],
  '{"due": 1, "parked": 0, "waiting": 1, "more": ["later", "waiting"]}', 'no further than the cap');
select is(app.tally_queue(0::smallint, 'outbound', 1) ->> 'waiting', '0', 'nothing in another queue');

select * from finish();
rollback;

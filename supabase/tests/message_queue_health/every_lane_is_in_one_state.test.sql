-- Lanes of one queue in each of the six states.
begin;
select no_plan();

select tests.clock();
create temp table lane as
  select x.state, tests.lane(x.work) as id
    from (values ('due', 4), ('resting', 1), ('backing_off', 1), ('leased', 3), ('expired', 2), ('parked', 1)) as x (state, work);
select tests.later('31 seconds');
update app.queue_ready r
   set at        = app.now() + x.after,
       tries     = x.tries,
       leased_by = x.worker,
       token     = x.token,
       done      = x.done
  from lane
  join (values
    ('due', interval '-1 second', 0, null, null::bigint, 0), ('resting', interval '1 second', 0, null, null, 0),
    ('backing_off', interval '8 seconds', 3, null, null, 0), ('leased', interval '30 seconds', 1, 'w1', 7, 1), ('expired', interval '0', 2, 'w2', 8, 0)
  ) as x (state, after, tries, worker, token, done) using (state)
 where r.lane_id = lane.id;
update app.queue_ready set parked_at = at, at = 'infinity' where lane_id = (select id from lane where state = 'parked');

select results_eq(
  $$ select shard::integer, queue::text, tenant, waiting, lanes, due, parked, resting, backing_off, leased, expired, oldest_waiting_s, most_tries, dead_letters_24h
       from app.message_queue_health $$,
  $$ values (0, 'inbound', 'a', 11::bigint, 6::bigint, 1::bigint, 1::bigint, 1::bigint, 1::bigint, 1::bigint, 1::bigint, 31::double precision, 3, 0::bigint) $$,
  'one line: what is done is not counted, the oldest is as old as its message');

select app.enqueue_message(0::smallint, 'outbound', gen_random_uuid(), tests.tenant('b'), 'work', '{}', 'cor');
select app.enqueue_message(1::smallint, 'inbound', gen_random_uuid(), tests.tenant('s1'), 'work', '{}', 'cor');
select results_eq('select shard::integer, queue::text, tenant, waiting from app.message_queue_health order by shard, message_queue_health.queue',
  $$ values (0, 'inbound', 'a', 11::bigint), (0, 'outbound', 'b', 1), (1, 'inbound', 's1', 1) $$, 'by shard, queue and tenant');

select * from finish();
rollback;

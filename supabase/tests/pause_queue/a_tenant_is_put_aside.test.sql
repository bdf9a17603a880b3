-- What waits, and what becomes ready meanwhile.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as waiting, tests.lane(1) as other;
create temp table busy as select tests.lane(2) as lane;
update app.queue_ready set tenant_id = tests.tenant('b') where lane_id = (select other from l);
update app.queue_ready set at = app.now() - interval '1 hour' where lane_id = (select lane from busy);
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 3, 1);
select app.hold_lane(0::smallint, 'inbound', lane_id, token, app.now()) from app.queue_ready r where lane_id <> (select lane from busy);
select app.pause_queue(0::smallint, 'inbound', 'unpaid', tests.tenant());
select results_eq('select at, parked_at from app.queue_ready, l where lane_id = waiting', $$ values ('infinity'::timestamptz, app.now()) $$, 'what waits is put aside at once');
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from busy), tests.token((select lane from busy)), 1);
select pass('what is leased goes on to its end');
create temp table fresh as select tests.lane(1) as lane;
select is((select array_agg(lane_id) from tests.claim()), (select array[other] from l), 'only the other tenant is worked for');
select is((select count(*)::integer from app.queue_ready where parked_at is not null), 3, 'what became ready has been put aside');
select is(app.next_queue_at(0::smallint, 'inbound'), app.now() + interval '30 seconds', 'and wakes nobody');
select app.enqueue_message(0::smallint, 'inbound', (select waiting from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '1 second', p_max_wait => '1 minute');
select app.wake_lane(0::smallint, 'inbound', (select lane from fresh));
select is_empty('select * from tests.claim()', 'neither new work nor a wake-up brings it back');
select ok(app.resume_queue(0::smallint, 'inbound', tests.tenant()), 'resumed');
select is((select count(distinct lane_id)::integer from tests.claim()), 3, 'all three are claimed');

select * from finish();
rollback;

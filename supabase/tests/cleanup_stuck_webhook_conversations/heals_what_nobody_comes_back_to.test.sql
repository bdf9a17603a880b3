-- Each kind, once.
begin;
select no_plan();

select tests.clock();
select app.worker_heartbeat('alive', 'runner');
create temp table l as select tests.lane(1) as gone, tests.lane(1) as alive, tests.lane(1) as empty, tests.lane(1) as parked;
update app.queue_ready set leased_by = case lane_id when gone then 'gone' else 'alive' end, token = 1, at = app.now() + interval '10 minutes' from l where lane_id in (gone, alive);
delete from app.message_queue using l where lane_id = empty;
update app.queue_ready set parked_at = at, at = 'infinity' from l where lane_id = parked;
select set_eq('select healed, lane_id from app.cleanup_stuck_webhook_conversations(0::smallint)',
  $$ select 'worker gone', gone from l union all select 'no message', empty from l union all select 'pause gone', parked from l $$, 'three lanes');
select is_empty('select * from app.cleanup_stuck_webhook_conversations(0::smallint)', 'once');
select set_eq('select lane_id from tests.claim()', 'select gone from l union all select parked from l', 'two are worked again');
select is_empty('select * from app.queue_ready, l where lane_id = empty', 'one is idle');

select * from finish();
rollback;

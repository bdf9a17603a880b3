-- All that giving up needs; with others at it, see packages/commons/test/sql.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select ok(app.try_lock_lane(tests.ready(tests.conversation())), 'an inbound lane with its conversation');
select tests.sending();
select ok(app.try_lock_lane(tests.ready(tests.conversation(), 'outbound')), 'an outbound one with its message');
select ok(not app.try_lock_lane(jsonb_populate_record(null::app.queue_ready, '{"shard": 0, "queue": "inbound"}')), 'no lane, no lock');

select * from finish();
rollback;

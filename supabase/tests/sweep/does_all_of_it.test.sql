-- Everything that sweepers do in a shard, in one call.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as empty, gen_random_uuid() as later;
delete from app.message_queue using l where lane_id = empty;
select app.enqueue_message(0::smallint, 'webhook', later, tests.tenant(), 'work', '{}', 'c', p_run_at => app.now() + interval '1 minute', p_idempotency_key => 'k') from l;
select app.acquire_message_lock(0::smallint, 'a lock', 'w', '10 seconds');
grant select on l to public;
set local role service_role;
select tests.later('2 minutes');
select is(app.sweep(0::smallint), jsonb_build_object('promoted', 1, 'locks', 1, 'timers', 0, 'more', false, 'removed', '{"keys": 0, "dead_letters": 0, "orphan_statuses": 0, "workflows": 0}'::jsonb,
  'healed', jsonb_build_array(jsonb_build_object('healed', 'no message', 'queue', 'inbound', 'lane_id', (select empty from l)))), 'promoted, healed, forgotten');
select is(app.sweep(0::smallint), '{"promoted": 0, "healed": [], "locks": 0, "timers": 0, "removed": {"keys": 0, "dead_letters": 0, "orphan_statuses": 0, "workflows": 0}, "more": false}', 'once');
select tests.later('8 days');
select is(app.sweep(0::smallint, p_limit => 1) -> 'removed' -> 'keys', '1', 'removed when it is old');
select is(app.sweep(1::smallint) -> 'promoted', '0', 'another shard is swept for itself');

select * from finish();
rollback;

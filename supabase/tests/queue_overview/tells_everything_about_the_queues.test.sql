-- For the page.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select app.enqueue_message(0::smallint, 'webhook', gen_random_uuid(), tests.tenant(), 'work', '{}', 'cor', p_run_at => app.now() + interval '1 hour');
select app.worker_heartbeat('old', 'runner');
select tests.later('16 seconds');
select app.worker_heartbeat('w1', 'runner');
select app.pause_queue(0::smallint, 'outbound', 'maintenance'), app.pause_queue(0::smallint, 'inbound', 'unpaid', tests.tenant()), app.set_queue_limit(0::smallint, 'webhook', 7);
create temp table o as select public.queue_overview() as o;
create function pg_temp.queue (p_queue text) returns jsonb language sql as $$ select q from o, jsonb_array_elements(o -> 'queues') q where q ->> 'queue' = p_queue; $$;

select is((select array_agg(q ->> 'queue') from o, jsonb_array_elements(o -> 'queues') q), array['inbound', 'outbound', 'webhook', 'media'], 'the four queues');
select is((select o -> 'shards' from o), '[0]', 'the shards');
select is(pg_temp.queue('inbound') -> 'parked', '1', 'the lanes of a queue');
select is(pg_temp.queue('inbound') #> '{tenants,0,parked}', '1', 'and of its tenants');
select is(pg_temp.queue('inbound') #>> '{tenants,0,pause,reason}', 'unpaid', 'with their pauses');
select is(pg_temp.queue('outbound') #>> '{pause,reason}', 'maintenance', 'the pause of a queue');
select is(pg_temp.queue('inbound') -> 'pause', 'null', 'which another does not have');
select is((select array_agg(p ->> 'reason' order by p ->> 'reason') from o, jsonb_array_elements(o -> 'pauses') p), array['maintenance', 'unpaid'], 'all pauses');
select is(pg_temp.queue('webhook') -> 'limit', '7', 'the limit of a queue');
select is((pg_temp.queue('webhook') #>> '{scheduled,next_at}')::timestamptz, app.now() + interval '1 hour' - interval '16 seconds', 'work for later');
select is((select array_agg((w ->> 'id') || ' ' || (w ->> 'alive')) from o, jsonb_array_elements(o -> 'workers') w), array['w1 true', 'old false'], 'who is alive');
select is((select o -> 'dead' from o), '0', 'no dead letters');
select throws_ok('select public.queue_overview(p_cap => 1)', 'SB400', null, 'a cap has its limits');

select * from finish();
rollback;

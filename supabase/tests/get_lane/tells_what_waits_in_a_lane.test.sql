-- The messages without what they say, the last error, the pauses.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1', 'my secret'));
select tests.working_turn();
select tests.ingest(tests.event('in-2'));
create temp table l as select tests.conversation() as lane;
create function pg_temp.lane () returns jsonb language sql as $$ select public.get_lane(0::smallint, 'inbound', lane) from l; $$;

select is((select array_agg(format('%s %s %s', m ->> 'seq', m ->> 'correlation_id', m ->> 'in_hand')) from jsonb_array_elements(pg_temp.lane() -> 'messages') m),
  array['1 cor-in-1 true', '2 cor-in-2 true'], 'what waits, and what the worker may have in hand');
select is(pg_temp.lane() ->> 'latest_message_id', 'in-2', 'the customer''s latest message');
select is(pg_temp.lane() -> 'last_error', 'null', 'nothing failed yet');
select app.fail_turn(0::smallint, lane, tests.token(lane), 1, '{"code": "agent_timeout", "message": "too slow"}') from l;
select app.pause_queue(0::smallint, 'inbound', 'look at it', p_lane_id => lane) from l;
select is(pg_temp.lane() -> 'last_error', '{"code": "agent_timeout", "message": "too slow"}', 'what its head failed with');
select is(pg_temp.lane() ->> 'state', 'parked', 'where it stands');
select is(pg_temp.lane() #>> '{pauses,0,reason}', 'look at it', 'what pauses it');
select is((pg_temp.lane() ->> 'conversation_id')::uuid, (select lane from l), 'it is a conversation');
select ok(pg_temp.lane()::text not like '%secret%', 'no text');
select is(public.get_lane(0::smallint, 'inbound', gen_random_uuid()), null::jsonb, 'another is not there');

select * from finish();
rollback;

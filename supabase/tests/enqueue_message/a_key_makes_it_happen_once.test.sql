-- The same key is the same work; the first one's number comes back.
begin;
select no_plan();

select tests.clock();
create temp table l as select gen_random_uuid() as lane;
create function pg_temp.put (p_payload jsonb, p_queue app.queue_name default 'inbound') returns bigint language sql as $$
  select app.enqueue_message(0::smallint, p_queue, (select lane from l), tests.tenant(), 'work', p_payload, 'c', p_idempotency_key => 'k'); $$;
select is(pg_temp.put('{"n": 1}'), 1::bigint, 'the first gets its number');
select is(pg_temp.put('{"n": 1}'), 1::bigint, 'again, and it is the same');
select is((select count(*)::integer from app.message_queue), 1, 'there is one piece of work');
select throws_ok($$ select pg_temp.put('{"n": 2}') $$, 'SB409', null, 'other work under that key is refused');
select is(pg_temp.put('{"n": 2}', 'outbound'), 1::bigint, 'each queue has keys of its own');
select tests.claim();
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1);
select is(pg_temp.put('{"n": 1}'), 1::bigint, 'it counts when the work is done too');
select is_empty($$ select * from app.message_queue where queue = 'inbound' $$, 'and makes none');

select * from finish();
rollback;

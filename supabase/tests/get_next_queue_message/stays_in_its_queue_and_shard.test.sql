-- A worker rotates over the shards; a claim touches one.
begin;
select no_plan();

select tests.clock();
select app.enqueue_message(1::smallint, 'inbound', gen_random_uuid(), tests.tenant('s1x'), 'work', '{}', 'c');
select app.enqueue_message(0::smallint, 'webhook', gen_random_uuid(), tests.tenant(), 'work', '{}', 'c');
select is_empty($$ select * from app.get_next_queue_message(0::smallint, 'inbound', 'w') $$, 'nothing of another shard or queue');
select is((select count(*)::integer from app.get_next_queue_message(1::smallint, 'inbound', 'w')), 1, 'in its shard it is claimed');
select is((select count(*)::integer from app.get_next_queue_message(0::smallint, 'webhook', 'w')), 1, 'and in its queue');

select * from finish();
rollback;

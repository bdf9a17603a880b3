-- The generation is checked again.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;

select tests.ingest(tests.event('in-2', 'and dessert'));
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'nothing is sent of ' || n) from o order by n;
select is_empty('select * from app.outbound_attempt', 'nothing was begun');
select is_empty($$ select * from app.queue_ready where queue = 'outbound' $$, 'the outbound lane is free');

select * from finish();
rollback;

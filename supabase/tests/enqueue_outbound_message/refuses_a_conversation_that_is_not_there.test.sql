-- Strict.
begin;
select no_plan();

select tests.account();
select throws_ok($$ select app.enqueue_outbound_message(0::smallint, gen_random_uuid(), 'agent', 'x', '{"type": "text"}', 'k', 'c') $$, 'P0002', null, 'no conversation');
select tests.outbound();
select throws_ok($$ select app.enqueue_outbound_message(1::smallint, tests.conversation(), 'agent', 'x', '{"type": "text"}', 'k', 'c') $$, 'P0002', null, 'nor in another shard');
select throws_ok($$ select app.enqueue_outbound_message(0::smallint, tests.conversation(), 'customer', 'x', '{"type": "text"}', 'k9', 'c') $$, '23514', null, 'a customer does not write what we send');

select * from finish();
rollback;

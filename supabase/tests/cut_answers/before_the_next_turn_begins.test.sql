-- A part that waits for its token is overtaken by the customer.
begin;
select no_plan();

select tests.clock();
select app.configure_sending(0::smallint, tests.account(), p_pair_burst => 1);
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;
select tests.start_attempt(id) from o where n = 1;
select tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from o where n = 1;
select is(tests.start_attempt(id) ->> 'action', 'wait', 'the second part waits') from o where n = 2;
select is(app.cut_answers(0::smallint, tests.conversation()), 0, 'nobody has interrupted it');
select is(tests.working_turn('in-2', p_text => 'never mind') -> 'memory' -> -1 ->> 'text', 'one', 'the agent is told what was said');
select is(tests.outbound_status(id), 'CANCELLED', 'the rest is not') from o where n = 2;
select is(app.cut_answers(0::smallint, tests.conversation()), 0, 'once');

select * from finish();
rollback;

-- on_new_message 'queue': half an answer would be worse.
begin;
select no_plan();

select tests.clock();
select app.configure_tenant(0::smallint, tests.tenant(), p_on_new_message => 'queue');
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;

select is(tests.start_attempt(id) ->> 'action', 'send', 'the first part leaves') from o where n = 1;
select tests.ingest(tests.event('in-2', 'and dessert'));
select tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from o where n = 1;
select is(tests.start_attempt(id) ->> 'action', 'send', 'and so does the second') from o where n = 2;
select results_eq('select status from app.turns', $$ values ('answered') $$, 'the turn stays answered');

select * from finish();
rollback;

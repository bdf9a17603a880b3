-- One lane: parts of an answer and answers leave in order.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;
select tests.start_attempt(id) from o where n = 1;
select is_empty($$ select * from tests.claim('outbound', 'w2') $$, 'while the first is on its way nobody gets the second');
select is(tests.finish_attempt(id, '{"state": "REJECTED", "code": "131000", "class": "retry", "retry_after_s": 5}'), 'QUEUED', 'it was refused and will be tried again') from o where n = 1;
select is_empty($$ select * from tests.claim('outbound', 'w2') $$, 'the second waits still');
select tests.later('5 seconds');
select results_eq($$ select payload ->> 'outbound_id' from tests.claim('outbound', 'w2') limit 1 $$, 'select id::text from o where n = 1', 'the first comes first again');
select tests.start_attempt(id) from o where n = 1;
select tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from o where n = 1;
select results_eq($$ select payload ->> 'outbound_id' from tests.claim('outbound') limit 1 $$, 'select id::text from o where n = 2', 'and the second after it');

select * from finish();
rollback;

-- SB001.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;

select tests.ingest(tests.event('in-2', 'and dessert'));
select tests.claim('outbound');
select throws_ok($$ select app.recall_answer(0::smallint, tests.conversation(), 0, (select id from o where n = 1)) $$, 'SB001', null, 'without the lease');
select results_eq('select distinct status from app.outbound_message', $$ values ('QUEUED') $$, 'nothing is written');

select * from finish();
rollback;

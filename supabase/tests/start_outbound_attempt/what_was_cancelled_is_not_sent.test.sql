-- CANCELLED before its turn.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
update app.outbound_message set status = 'CANCELLED';
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'nothing to send') from o;
select is_empty($$ select * from app.queue_ready where queue = 'outbound' $$, 'and the lane is free');

select * from finish();
rollback;

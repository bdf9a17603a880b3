-- Forward only.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.status('p1', 'delivered', (select id from o)));
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}'), 'DELIVERED', 'it stays delivered') from o;
select results_eq('select sent_at, delivered_at from app.outbound_message', $$ values (app.now(), app.now()) $$, 'and the time of sending is noted');
select is_empty($$ select * from app.queue_ready where queue = 'outbound' $$, 'the lane is free');

select * from finish();
rollback;

-- Statuses that came before we knew the provider's id.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.status('p1', 'read'), tests.status('p1', 'sent'), tests.status('p1', 'delivered'), tests.status('p9', 'read'));
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}'), 'READ', 'it is as far as they say') from o;
select results_eq('select sent_at, delivered_at, read_at from app.outbound_message', $$ values (app.now(), app.now(), app.now()) $$, 'with all times');
select results_eq('select provider_message_id from app.orphan_statuses', $$ values ('p9') $$, 'only those of others stay');

select * from finish();
rollback;

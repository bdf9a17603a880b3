-- What happened is what is written.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
select tests.start_attempt(id) from o;
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}'), 'SENT', 'it is sent') from o;
select results_eq('select state, io_started_at from app.outbound_attempt', $$ values ('ACCEPTED', app.now()) $$, 'as if it had said so');

select * from finish();
rollback;

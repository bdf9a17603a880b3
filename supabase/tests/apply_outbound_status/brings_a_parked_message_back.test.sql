-- A person need not decide any more.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('60 seconds');
select tests.start_attempt(id) from o;
select tests.ingest(tests.status('p1', 'delivered', (select id from o)));
select results_eq('select o.status, m.status from app.outbound_message o join public.messages m on m.id = o.message_id', $$ values ('DELIVERED', 'DELIVERED') $$, 'it was delivered');

select * from finish();
rollback;

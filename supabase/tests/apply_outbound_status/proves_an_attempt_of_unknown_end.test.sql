-- Before the answer, and instead of it.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select app.apply_outbound_status(0::smallint, id, 'p1', 'sent', app.now()) from o;
select results_eq('select o.status, o.provider_message_id, a.state, a.provider_message_id from app.outbound_message o join app.outbound_attempt a on a.outbound_message_id = o.id',
  $$ values ('SENT', 'p1', 'ACCEPTED', 'p1') $$, 'the provider took it');
select is((tests.ready(tests.conversation(), 'outbound')).leased_by, 'w1', 'the lane stays with its worker');

select * from finish();
rollback;

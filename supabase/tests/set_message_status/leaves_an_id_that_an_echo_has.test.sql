-- Unique within the account.
begin;
select no_plan();

select tests.outbound();
select tests.ingest(tests.event('p1', p_kind => 'echo'));
create temp table m as select message_id as id from app.outbound_message;
select app.set_message_status(0::smallint, id, 'SENT', 'p1') from m;
select results_eq('select status, provider_message_id from public.messages where id = (select id from m)', $$ values ('SENT', null::text) $$, 'the status is written, the id is not');

select * from finish();
rollback;

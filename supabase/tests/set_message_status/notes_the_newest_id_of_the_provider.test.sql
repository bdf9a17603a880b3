-- The message that people see.
begin;
select no_plan();

select tests.outbound();
create temp table m as select message_id as id from app.outbound_message;
select app.set_message_status(0::smallint, id, 'SENT', null) from m;
select results_eq($$ select status, provider_message_id from public.messages where direction = 'out' $$, $$ values ('SENT', null::text) $$, 'a status without an id');
select app.set_message_status(0::smallint, id, null, 'p1') from m;
select app.set_message_status(0::smallint, id, 'SENT', null) from m;
select is((select provider_message_id from public.messages where direction = 'out'), 'p1', 'an id is noted, and stays when none is given');
select app.set_message_status(0::smallint, id, 'READ', 'p2') from m;
select results_eq($$ select status, provider_message_id from public.messages where direction = 'out' $$, $$ values ('READ', 'p2') $$, 'the newest id counts: it was sent again');

select * from finish();
rollback;

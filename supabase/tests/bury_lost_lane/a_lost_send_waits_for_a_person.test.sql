-- Nobody knows whether it left.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
update app.queue_ready set lost = 19;
select tests.later('31 seconds');
select is_empty($$ select * from tests.claim('outbound') $$, 'it is not claimed again');
select is(tests.outbound_status((select id from o)), 'PARKED', 'the message is parked');
select is((select state from app.outbound_attempt), 'UNKNOWN', 'its attempt is of unknown end');
select is((select status from public.messages where direction = 'out'), 'PARKED', 'people see it');

select * from finish();
rollback;

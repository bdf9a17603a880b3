-- The outbox and what people see.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select is((app.set_outbound_status(0::smallint, id, 'UNKNOWN', '{"code": "x"}')).unknown_since, app.now(), 'the new row is returned') from o;
select results_eq('select o.status, o.error, m.status from app.outbound_message o join public.messages m on m.id = o.message_id', $$ values ('UNKNOWN', '{"code": "x"}'::jsonb, 'UNKNOWN') $$, 'both are written');
select tests.later('1 second');
select is((app.set_outbound_status(0::smallint, id, 'UNKNOWN')).unknown_since, app.now() - interval '1 second', 'it has been unknown since the first time') from o;
select results_eq('select unknown_since, error from app.set_outbound_status(0::smallint, (select id from o), ''PARKED'')', $$ values (null::timestamptz, '{"code": "x"}'::jsonb) $$, 'an error stays until something better is known');
select is((app.set_outbound_status(0::smallint, id, 'FAILED')).failed_at, app.now(), 'a failure has its time') from o;
select throws_ok($$ select app.set_outbound_status(0::smallint, gen_random_uuid(), 'FAILED') $$, 'P0002', null, 'a message that is not there cannot be written');

select * from finish();
rollback;

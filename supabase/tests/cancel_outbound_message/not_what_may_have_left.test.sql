-- A PARKED message of unknown end could arrive.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2', 'b') as other;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('1 minute');
select tests.start_attempt(id) from o;
select is(tests.outbound_status(id), 'PARKED', 'parked') from o;
select throws_ok($$ select app.cancel_outbound_message(0::smallint, tests.tenant(), id) from o $$, 'SB409', null, 'it may have left');
select throws_ok($$ select app.cancel_outbound_message(0::smallint, tests.tenant(), other) from o $$, 'SB404', null, 'another tenant''s is not there');
select app.set_outbound_status(0::smallint, other, 'PARKED', '{"code": "window_closed", "message": "no template"}') from o;
select is(app.cancel_outbound_message(0::smallint, tests.tenant('b'), other), 'CANCELLED', 'one that never left can be cancelled') from o;
select results_eq($$ select kind, resolution from public.tasks where tenant_id = tests.tenant('b') $$, $$ values ('message_parked', 'the message is CANCELLED') $$, 'and its task is gone');

select * from finish();
rollback;

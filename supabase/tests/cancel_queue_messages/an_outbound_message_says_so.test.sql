-- CANCELLED, unless it was begun.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending('1') as begun, tests.outbound('2') as waiting;
select tests.finish_attempt((select begun from o), '{"state": "UNKNOWN", "code": "x"}');
select is(app.cancel_queue_messages(0::smallint, 'outbound', tests.conversation()), 1, 'one');
select is(tests.outbound_status((select waiting from o)), 'CANCELLED', 'it says so');
select is(tests.outbound_status((select begun from o)), 'UNKNOWN', 'one that may have left waits to know');
select is((select count(*)::integer from app.message_queue where queue = 'outbound'), 1, 'in its lane');

select * from finish();
rollback;

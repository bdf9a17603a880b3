-- 131047 corrects the clock until the customer writes.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select app.note_refusal(0::smallint, o, 1::smallint, '131047') from app.outbound_message o;
select is(app.send_window(0::smallint, tests.conversation()), '-infinity', 'closed');
select tests.later('1 minute');
select tests.ingest(tests.event('in-2'));
select is(app.send_window(0::smallint, tests.conversation()), app.now() + interval '24 hours', 'open again');

select * from finish();
rollback;

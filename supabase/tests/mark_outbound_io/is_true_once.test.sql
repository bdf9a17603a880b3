-- From INTENT to IO_STARTED.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
select tests.start_attempt(id) from o;
select tests.later('1 second');
create temp table a as select outbound_message_id as id, attempt_no as no, token from app.outbound_attempt;
select ok(not app.mark_outbound_io(0::smallint, id, no, token + 1), 'another lease''s attempt does not leave') from a;
select ok(not app.mark_outbound_io(1::smallint, id, no, token), 'nor one of another shard') from a;
select ok(app.mark_outbound_io(0::smallint, id, no, token), 'ours does') from a;
select results_eq('select state, io_started_at, started_at from app.outbound_attempt', $$ values ('IO_STARTED', app.now(), app.now() - interval '1 second') $$, 'and it is written down');
select ok(not app.mark_outbound_io(0::smallint, id, no, token), 'once') from a;

select * from finish();
rollback;

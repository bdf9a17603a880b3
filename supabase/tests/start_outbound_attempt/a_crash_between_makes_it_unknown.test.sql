-- The worker died after IO_STARTED: nobody knows whether the provider took it. Never a blind resend.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.later('31 seconds');
select tests.claim('outbound', 'w2');
select is(tests.start_attempt(id), '{"action": "wait", "why": "unknown"}'::jsonb, 'the next worker does not send') from o;
select is(tests.outbound_status(id), 'UNKNOWN', 'the message is of unknown end') from o;
select results_eq('select state, error_code, finished_at from app.outbound_attempt', $$ values ('UNKNOWN', 'worker_lost', app.now()) $$, 'and so is the attempt');
select results_eq($$ select leased_by, at, tries from app.queue_ready where queue = 'outbound' $$, $$ values (null::text, app.now() + interval '60 seconds', 1::smallint) $$, 'the lane waits for a status');

select * from finish();
rollback;

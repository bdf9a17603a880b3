-- The next thing that is to ring; what was to ring before does not.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select app.advance_workflow(0::smallint, id, 1, '{"step": "date", "status": "waiting", "wait_s": 60, "remind_s": 90}') from w;
select results_eq('select run_at, payload ->> ''timer'', lane_id from app.queue_scheduled', $$ values (app.now() + interval '1 minute', 'timeout', tests.conversation()) $$, 'its end, when that comes before the reminder');
select is((select count(*)::integer from app.queue_idempotency), 1, 'one key');
select app.set_workflow_timer(tests.workflow_row(id), app.now() + interval '2 hours') from w;
select results_eq('select run_at from app.queue_scheduled', $$ values (app.now() + interval '2 hours') $$, 'no sooner than it may');
select is((tests.workflow_row(id)).wake_at, app.now() + interval '2 hours', 'the row says when') from w;
select tests.later('3 hours');
select app.set_workflow_timer(tests.workflow_row(id)) from w;
select results_eq('select kind, payload ->> ''version'' from app.message_queue', $$ values ('workflow_timer', '2') $$, 'what should have rung rings now');

select * from finish();
rollback;

-- Completed, failed, timed out, cancelled: it rings no more, and one that failed asks a person.
begin;
select no_plan();

select tests.clock();
create temp table w as select status, tests.workflow(p_name => 'w-' || status) as id from unnest(array['completed', 'timed_out', 'cancelled', 'failed']) as status;
select is(app.finish_workflow(0::smallint, id, 1, jsonb_build_object('status', status, 'step', 'end', 'state', '{"done": true}'::jsonb)), 2, status) from w order by status;
select results_eq('select status, step, state, finished_at, wake_at, error from app.workflow_states order by status',
  $$ select status, 'end', '{"done": true}'::jsonb, app.now(), null::timestamptz, case status when 'failed' then '{"code": "workflow_failed"}'::jsonb end from w order by status $$, 'the rows');
select is_empty('select from app.queue_scheduled', 'no timer is left');
select is_empty('select from app.queue_idempotency', 'and no key of one');
select results_eq('select kind, subject, conversation_id from public.tasks', $$ select 'workflow_failed', id::text, tests.conversation() from w where status = 'failed' $$, 'a person is asked about the one that failed');
select throws_ok(format('select app.finish_workflow(0::smallint, %L, 2, %L)', id, '{"status": "completed"}'), 'SB409', null, 'it ends once') from w limit 1;
select throws_ok($$ select app.finish_workflow(0::smallint, gen_random_uuid(), null, '{"status": "completed"}') $$, 'SB404', null, 'there is no such workflow');

select * from finish();
rollback;

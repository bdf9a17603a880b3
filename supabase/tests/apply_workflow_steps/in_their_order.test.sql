-- Several steps of one answer: each is written down, the last one sets the timer.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
create temp table w as select gen_random_uuid() as id;
select app.apply_workflow_steps(0::smallint, tests.conversation(), (select id from app.turns), jsonb_build_array(
  jsonb_build_object('id', id, 'name', 'order', 'version', 0, 'step', 'ask', 'status', 'running', 'state', '{}'::jsonb),
  jsonb_build_object('id', id, 'name', 'order', 'version', 1, 'step', 'date', 'status', 'running', 'state', '{"n": 1}'::jsonb),
  jsonb_build_object('id', id, 'name', 'order', 'version', 2, 'step', 'confirm', 'status', 'waiting', 'state', '{"n": 2}'::jsonb, 'wait_s', 60))) from w;
select results_eq('select version, step, turn_id from app.workflow_steps order by version',
  $$ select n::integer, s, (select id from app.turns) from unnest(array['ask', 'date', 'confirm']) with ordinality as x (s, n) $$, 'all three, with the turn');
select results_eq('select version, step, status, wake_at from app.workflow_states', $$ values (3, 'confirm', 'waiting', app.now() + interval '1 minute') $$, 'the last is what it is');
select is((select count(*)::integer from app.message_queue where kind = 'workflow_timer'), 0, 'no step on the way rings');
select app.apply_workflow_steps(0::smallint, tests.conversation(), (select id from app.turns), jsonb_build_array(
  jsonb_build_object('id', id, 'name', 'order', 'version', 3, 'step', 'book', 'status', 'running'), jsonb_build_object('id', id, 'name', 'order', 'version', 4, 'status', 'completed'))) from w;
select results_eq('select version, step, status from app.workflow_states', $$ values (5, 'book', 'completed') $$, 'and it ends');
select is_empty('select from app.queue_scheduled', 'nothing is to ring');

select * from finish();
rollback;

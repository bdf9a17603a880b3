-- The step and the answer are one transaction: both or none.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select tests.working_turn();
select throws_ok(format('select tests.complete(tests.conversation(), %L)', jsonb_build_object('workflows', jsonb_build_array(
  jsonb_build_object('id', id, 'name', 'order', 'version', 1, 'step', 'date', 'status', 'sleeping')))), '23514', null, 'a step that cannot be') from w;
select is_empty('select from app.outbound_message', 'takes the answer with it');
select is((tests.workflow_row(id)).version, 1, 'and is not written') from w;
select is(tests.complete(tests.conversation(), jsonb_build_object('workflows', jsonb_build_array(
  jsonb_build_object('id', id, 'name', 'order', 'version', 1, 'step', 'date', 'status', 'waiting')))), 1, 'one that can be') from w;
select results_eq('select s.step, t.status from app.workflow_steps s join app.turns t on t.id = s.turn_id', $$ values ('date', 'answered') $$, 'is committed with it');

select * from finish();
rollback;

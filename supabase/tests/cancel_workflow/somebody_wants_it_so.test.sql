-- A person ends a workflow, whatever it is at; an agent that is just answering for it starts anew without it.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
create temp table t as select tests.working_turn() as turn;
select is(app.cancel_workflow(0::smallint, id), true, 'it was open') from w;
select is(app.cancel_workflow(0::smallint, id), false, 'once') from w;
select is(tests.complete(tests.conversation(), jsonb_build_object('workflows', jsonb_build_array(
  jsonb_build_object('id', id, 'name', 'order', 'version', 1, 'step', 'date', 'status', 'waiting')))), null, 'the answer is dropped') from w;
select results_eq('select status, reason from app.turns', $$ values ('superseded', 'a workflow was ended or begun by somebody else while the agent worked') $$, 'because it is out of date');
select is((tests.workflow_row(id)).status, 'cancelled', 'it stays cancelled') from w;
select tests.later('1 second');
select is(tests.next_turn() -> 'workflows', '[]', 'the next try knows nothing of it');
select is(app.cancel_workflow(0::smallint, gen_random_uuid()), false, 'one that is not there was not open');

select * from finish();
rollback;

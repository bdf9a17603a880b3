-- Answers that a person makes needless move no workflow.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select tests.working_turn();
update public.conversations set agent_paused_until = app.now() + interval '1 hour';
select is(tests.complete(tests.conversation(), jsonb_build_object('workflows', jsonb_build_array(
  jsonb_build_object('id', id, 'name', 'order', 'version', 1, 'step', 'date', 'status', 'waiting')))), 0, 'nothing is said') from w;
select is((tests.workflow_row(id)).step, 'ask', 'and nothing has moved') from w;

select * from finish();
rollback;

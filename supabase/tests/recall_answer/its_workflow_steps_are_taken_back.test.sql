-- The customer corrects themselves before the answer leaves: the workflow is where it was, and a timer alone takes nothing back.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select tests.working_turn();
select tests.complete(tests.conversation(), jsonb_build_object('workflows', jsonb_build_array(
  jsonb_build_object('id', id, 'name', 'order', 'version', 1, 'step', 'pay', 'status', 'running', 'state', '{"n": 2}'::jsonb)))) from w;
select tests.claim('outbound');
savepoint timer;
select is(app.recall_answer(0::smallint, tests.conversation(), tests.token(tests.conversation(), 'outbound'), (select id from app.outbound_message)), false, 'what rings next is no reason');
rollback to timer;
select tests.ingest(tests.event('in-2', 'no, five'));
select is(app.recall_answer(0::smallint, tests.conversation(), tests.token(tests.conversation(), 'outbound'), (select id from app.outbound_message)), true, 'what the customer writes is');
select results_eq('select step, version, status, state from app.workflow_states', $$ values ('ask', 1, 'waiting', '{"n": 1}'::jsonb) $$, 'the step is taken back');
select tests.later('10 seconds');
create temp table t as select tests.next_turn() as turn;
select is(jsonb_array_length(turn -> 'messages'), 2, 'both messages are answered') from t;
select is(turn -> 'workflows' -> 0 ->> 'timer', null, 'the old step rings in vain') from t;

select * from finish();
rollback;

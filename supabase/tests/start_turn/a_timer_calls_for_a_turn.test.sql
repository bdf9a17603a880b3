-- Nobody wrote: the agent gets the workflow and what rang.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow('{"remind_s": 60}') as id;
select tests.later('2 minutes');
create temp table t as select tests.next_turn() as turn;
select is(turn ->> 'action', 'answer', 'it is to be answered') from t;
select is(turn -> 'messages', '[]', 'without a message') from t;
select is(turn -> 'workflows' -> 0 ->> 'timer', 'remind', 'for what rang') from t;
select is(turn ->> 'correlation_id', format('workflow:%s:1', id), 'under an id of its own') from t, w;
select is(tests.complete(tests.conversation()), 1, 'the reminder is sent');
select results_eq('select status, remind_at is null, wake_at = expires_at from app.workflow_states', $$ values ('waiting', true, true) $$, 'and the end of the wait is next');

select * from finish();
rollback;

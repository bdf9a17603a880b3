-- A timer whose turn failed to its last try ends its workflow, and a person is asked; the others go on.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow(p_name => 'rings') as rings, tests.workflow('{"wait_s": 86400}', 'waits') as waits;
select tests.later('2 hours');
select tests.next_turn();
select is(app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, '{"code": "AGENT_TIMEOUT"}', 5), 'retry', 'a first try');
select is((tests.workflow_row(rings)).status, 'waiting', 'leaves it open') from w;
select tests.later('1 hour');
select tests.next_turn();
select is(app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, '{"code": "AGENT_TIMEOUT"}', 1), 'dead', 'the last');
select is((tests.workflow_row(rings)).error, '{"code": "AGENT_TIMEOUT"}', 'ends it with its reason') from w;
select is((tests.workflow_row(waits)).status, 'waiting', 'another one waits on') from w;
select results_eq('select kind, subject from public.tasks', $$ select 'workflow_failed', rings::text from w $$, 'a person is asked');

select * from finish();
rollback;

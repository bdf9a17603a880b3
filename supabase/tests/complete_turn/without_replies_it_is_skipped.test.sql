-- The agent chose to stay silent.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select is(app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid, '{}'), 0, 'no replies') from turn;
select results_eq('select status, reason, usage from app.turns', $$ values ('skipped', 'the agent chose to stay silent', '{}'::jsonb) $$, 'it is skipped');

select * from finish();
rollback;

-- Nothing would be gained.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select tests.ingest(tests.event('in-2', 'and dessert'));
select is(app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid,
  '{"replies": [], "actions": [{"type": "request_person", "reason": "x"}]}'), 0, 'the agent said nothing') from turn;
select results_eq('select status from app.turns', $$ values ('skipped') $$, 'so the turn is done');
select is((select person_request_reason from public.conversations), 'x', 'and its wish is carried out');

select * from finish();
rollback;

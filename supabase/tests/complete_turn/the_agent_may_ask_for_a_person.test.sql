-- Action request_person.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid,
  '{"replies": [], "actions": [{"type": "request_person", "reason": "an allergy"}, {"type": "from_the_future"}]}') from turn;
select results_eq('select person_requested_at, person_request_reason from public.conversations', $$ values (app.now(), 'an allergy') $$, 'the wish is written down');
select tests.later('1 minute');
create temp table again as select tests.working_turn('in-2') as t;
select is((select t -> 'conversation' -> 'person_requested' from again), 'true', 'the next turn knows');
select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2, (t ->> 'turn_id')::uuid,
  '{"actions": [{"type": "request_person", "reason": "again"}]}') from again;
select is((select person_request_reason from public.conversations), 'an allergy', 'the first wish stands');

select * from finish();
rollback;

-- What waited when the word came.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'), tests.event('in-2', 'STOP'));
select tests.later('1 second');
select tests.claim();
select results_eq($$ select t ->> 'action', t ->> 'reason' from app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1) as t $$,
  $$ values ('skip', 'the customer has opted out') $$, 'no agent is asked');

select * from finish();
rollback;

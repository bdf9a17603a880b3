-- The takeover came between the message and the turn.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'), tests.event('p1', 'I am here', p_kind => 'echo'));
select tests.later('1 second');
select tests.claim();
create temp table turn as select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1) as t;
select results_eq($$ select t ->> 'action', t ->> 'reason' from turn $$, $$ values ('skip', 'a person has taken over') $$, 'it is skipped');
select is(app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid, jsonb_build_object('reason', t ->> 'reason')), 0, 'completed without replies') from turn;
select results_eq('select status, reason from app.turns', $$ values ('skipped', 'a person has taken over') $$, 'and it says why');

select * from finish();
rollback;

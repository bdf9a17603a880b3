-- A call that was ended early.
begin;
select no_plan();

select tests.clock();
create temp table turn as select (tests.working_turn() ->> 'turn_id')::uuid as id, null::bigint as token;
update turn set token = tests.token(tests.conversation());
select tests.ingest(tests.event('in-2', 'and dessert'));
select app.supersede_turn(0::smallint, tests.conversation(), token, id) from turn;
select results_eq('select status, superseded, usage, error, tries from app.turns', $$ values ('superseded', 1::smallint, '{}'::jsonb, null::jsonb, 1::smallint) $$, 'the turn says so');
select results_eq('select at, done, tries, leased_by from app.queue_ready', $$ values (app.now() + interval '900 milliseconds', 0::bigint, 0::smallint, null::text) $$, 'the lane is as before the claim');
select throws_ok($$ select app.supersede_turn(0::smallint, tests.conversation(), token, id) from turn $$, 'SB001', null, 'once');

select * from finish();
rollback;

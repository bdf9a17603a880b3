-- The turn's id is what makes an answer once.
begin;
select no_plan();

select tests.clock();
create temp table first as select tests.working_turn() as t;
select app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, '{"code": "x"}', p_retry_after => '1 second');
select tests.ingest(tests.event('in-2', 'are you there?'));
select tests.later('2 seconds');
select tests.claim();
create temp table second as select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) as t;
select is((select t ->> 'turn_id' from second), (select t ->> 'turn_id' from first), 'the same id');
select is((select jsonb_array_length(t -> 'messages') from second), 2, 'although the burst has grown');
select results_eq('select tries, first_seq, last_seq, status, error from app.turns', $$ values (2::smallint, 1::bigint, 2::bigint, 'working', null::jsonb) $$, 'as its second try');

select * from finish();
rollback;

-- At most two answers in a row are dropped, and none when the first message waited too long.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
create function pg_temp.more (p_id text) returns integer language plpgsql as $$
declare
  v_answered integer;
begin
  perform tests.ingest(tests.event(p_id, 'and more'));
  v_answered := tests.answer(tests.conversation(), 'answer before ' || p_id);
  perform tests.later('900 milliseconds');
  perform tests.claim();
  perform app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), tests.tail(tests.conversation()));
  return v_answered;
end; $$;
select is(pg_temp.more('in-2'), null, 'dropped');
select is(pg_temp.more('in-3'), null, 'dropped again');
select is(pg_temp.more('in-4'), 1, 'the third answer is sent');
select results_eq('select first_seq, last_seq, status, superseded from app.turns order by first_seq',
  $$ values (1::bigint, 3::bigint, 'answered', 2::smallint), (4, 4, 'working', 0::smallint) $$, 'and what came meanwhile is the next turn');
select tests.later('6 seconds');
select is(pg_temp.more('in-5'), 1, 'an answer for which the first message waited 6 seconds is sent');

select * from finish();
rollback;

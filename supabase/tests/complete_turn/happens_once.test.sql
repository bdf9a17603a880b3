-- A turn is answered at most once.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t, tests.token(tests.conversation()) as token;
update turn set token = tests.token(tests.conversation());
select tests.answer(tests.conversation(), 'hi');
select throws_ok($$ select app.complete_turn(0::smallint, tests.conversation(), token, 1, (t ->> 'turn_id')::uuid, '{"replies": [{"body": "again", "content": {"type": "text"}}]}') from turn $$,
  'SB001', null, 'a second time the lease is gone');
select is((select count(*)::integer from app.outbound_message), 1, 'there is one answer');

select * from finish();
rollback;

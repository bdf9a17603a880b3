-- While the caller can still mend it.
begin;
select no_plan();

select tests.clock();
select tests.delivery();
select throws_ok($$ select tests.says('system', p_content => tests.template_content('a')) $$, 'SB400',
  'the template "hello" (en_US) cannot be sent like this: its body needs 2 parameters ({{1}}, {{2}}) and got 1', 'it says what is missing');
select tests.working_turn();
select lives_ok($$ select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, id,
  jsonb_build_object('replies', jsonb_build_array(jsonb_build_object('body', 'x', 'content', tests.template_content('a'))))) from app.turns $$, 'a turn is not stuck for it');
select is(tests.start_attempt(id) ->> 'action', 'done', 'it does not leave all the same') from app.outbound_message;
select is((select error ->> 'code' from app.outbound_message), 'template_invalid', 'and says why');
select lives_ok($$ select tests.says('system', p_content => tests.template_content('a', 'b')) $$, 'complete');

select * from finish();
rollback;

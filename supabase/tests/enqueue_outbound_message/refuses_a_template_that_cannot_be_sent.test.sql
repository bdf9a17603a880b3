-- While the caller can still mend it.
begin;
select no_plan();

select tests.clock();
select tests.delivery();
select throws_ok($$ select tests.says('system', p_content => tests.template_content('a')) $$, 'SB400',
  'the template "hello" (en_US) cannot be sent like this: its body needs 2 parameters ({{1}}, {{2}}) and got 1', 'it says what is missing');
select lives_ok($$ select tests.says('system', p_content => tests.template_content('a', 'b')) $$, 'complete');

select * from finish();
rollback;

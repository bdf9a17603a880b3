-- 2, 4, 8 seconds for a number.
begin;
select no_plan();

select tests.clock();
select tests.account();
select app.block_account(0::smallint, tests.account(), 'slow_number', '130429', 'too fast');
select is((select blocked_until - app.now() from app.account_send_state), interval '2 seconds', 'two seconds');
select app.block_account(0::smallint, tests.account(), 'slow_number', '130429', 'too fast');
select is((select blocked_until - app.now() from app.account_send_state), interval '2 seconds', 'what was on its way already changes nothing');
select tests.later('2 seconds');
select app.block_account(0::smallint, tests.account(), 'slow_number', '130429', 'too fast');
select is((select blocked_until - app.now() from app.account_send_state), interval '4 seconds', 'then four');
select tests.later('11 minutes');
select app.block_account(0::smallint, tests.account(), 'slow_number', '130429', 'too fast');
select is((select blocked_until - app.now() from app.account_send_state), interval '2 seconds', 'and from the start after ten quiet minutes');
select tests.later('2 seconds');
select app.block_account(0::smallint, tests.account(), 'slow_number', '130429', 'too fast', 77);
select is((select blocked_until - app.now() from app.account_send_state), interval '77 seconds', 'a time that the provider names goes first');
select is_empty('select from public.tasks', 'nobody is asked');

select * from finish();
rollback;

-- The worse counts.
begin;
select no_plan();

select tests.clock();
select tests.account();
select app.block_account(0::smallint, tests.account(), 'slow_number', '130429', 'too fast');
select app.block_account(0::smallint, tests.account(), 'pause_number', '131048', 'spam');
select results_eq('select state, blocked_until from app.account_send_state', $$ values ('paused', 'infinity'::timestamptz) $$, 'paused');
select app.block_account(0::smallint, tests.account(), 'slow_number', '130429', 'too fast');
select is((select state from app.account_send_state), 'paused', 'and not slowed again');
select app.block_account(0::smallint, tests.account(), 'stop_channel', '190', 'token');
select app.block_account(0::smallint, tests.account(), 'pause_number', '131048', 'spam');
select results_eq('select state, code from app.account_send_state', $$ values ('stopped', '190') $$, 'stopped');
select bag_eq('select kind, reason from public.tasks where resolved_at is null', $$ values ('number_paused', 'spam'), ('channel_stopped', 'token') $$, 'each asks a person');

select * from finish();
rollback;

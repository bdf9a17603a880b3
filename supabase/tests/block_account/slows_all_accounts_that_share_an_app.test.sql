-- 4, 80007.
begin;
select no_plan();

select tests.clock();
select tests.account(), tests.account('a', '2'), tests.account('a', '3'), tests.account('b');
update public.whatsapp_accounts set provider = 'twilio' where external_id = 'acc-a3';
select app.block_account(0::smallint, tests.account(), 'slow_app', '80007', 'limit');
select bag_eq('select account_id, state, blocked_until - app.now() from app.account_send_state',
  $$ values (tests.account(), 'slowed', interval '1 minute'), (tests.account('a', '2'), 'slowed', interval '1 minute') $$, 'of the tenant, at this provider');

select * from finish();
rollback;

-- Rates and the business account.
begin;
select no_plan();

select tests.account();
select app.configure_sending(0::smallint, tests.account(), 'waba', 20);
select app.configure_sending(0::smallint, tests.account(), p_pair_burst => 3);
select results_eq('select business_id, send_rate_per_s, pair_interval_ms, pair_burst from public.whatsapp_accounts', $$ values ('waba', 20, 6000, 3) $$, 'as it was told');
select throws_ok($$ select app.configure_sending(0::smallint, tests.account(), p_send_rate_per_s => 0) $$, '23514', null, 'no rate');
select throws_ok($$ select app.configure_sending(0::smallint, gen_random_uuid()) $$, 'SB404', null, 'no account');

select * from finish();
rollback;

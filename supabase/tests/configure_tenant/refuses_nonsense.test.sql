-- Unknown tenants, and settings that the checks refuse.
begin;
select no_plan();

select throws_ok($$ select app.configure_tenant(0::smallint, gen_random_uuid(), 1) $$, 'SB404', null, 'a tenant that is not there is named');
select throws_ok($$ select app.configure_tenant(1::smallint, tests.tenant(), 1) $$, 'SB404', null, 'a tenant of another shard is not there');
select throws_ok($$ select app.configure_tenant(0::smallint, tests.tenant(), p_burst_quiet_ms => 7000) $$, '23514', null, 'a burst cannot rest for longer than it may wait');
select throws_ok($$ select app.configure_tenant(0::smallint, tests.tenant(), p_unknown_send_policy => 'always') $$, '23514', null, 'a policy is one of two');
select throws_ok($$ select app.configure_tenant(0::smallint, tests.tenant(), p_on_new_message => 'ignore') $$, '23514', null, 'new messages are not ignored');
select throws_ok($$ select app.configure_tenant(0::smallint, tests.tenant(), p_burst_long_quiet_ms => -1) $$, '23514', null, 'there is no negative time');

select * from finish();
rollback;

-- Settings of a tenant.
begin;
select no_plan();

select app.configure_tenant(0::smallint, tests.tenant(), p_burst_quiet_ms => 100, p_unknown_send_policy => 'resend_once');
select results_eq(
  $$ select burst_quiet_ms, burst_max_wait_ms, takeover_pause_minutes, unknown_send_policy, unknown_send_wait_s from public.tenants where id = tests.tenant() $$,
  $$ values (100, 6000, 720, 'resend_once', 60) $$, 'only what is given changes');
select app.configure_tenant(0::smallint, tests.tenant(), p_burst_max_wait_ms => 200, p_takeover_pause_minutes => 0, p_unknown_send_wait_s => 1);
select results_eq(
  $$ select burst_quiet_ms, burst_max_wait_ms, takeover_pause_minutes, unknown_send_policy, unknown_send_wait_s from public.tenants where id = tests.tenant() $$,
  $$ values (100, 200, 0, 'resend_once', 1) $$, 'and every setting can be given');
select app.configure_tenant(0::smallint, tests.tenant(), p_burst_long_quiet_ms => 300, p_on_new_message => 'queue');
select results_eq($$ select burst_long_quiet_ms, on_new_message from public.tenants where id = tests.tenant() $$, $$ values (300, 'queue') $$, 'those too');

select * from finish();
rollback;

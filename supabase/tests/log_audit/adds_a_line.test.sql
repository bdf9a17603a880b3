-- A line of the audit log, in its day's partition, by the engine's clock.
begin;
select no_plan();
select tests.clock();

set local role service_role;
select lives_ok($$ select app.log_audit(0::smallint, tests.tenant(), 'UPDATED', 'thing', 'x', '{"to": "y"}') $$, 'the service role adds');
select results_eq($$ select tenant_id, actor, action, meta, created_at from public.audit_logs where resource_id = 'x' $$,
  $$ values (tests.tenant(), 'system', 'UPDATED', '{"to": "y"}'::jsonb, app.now()) $$, 'what was told');
select throws_ok($$ select app.log_audit(0::smallint, tests.tenant(), 'EATEN', 'thing', 'x') $$, '23514', null, 'only known actions');

select * from finish();
rollback;

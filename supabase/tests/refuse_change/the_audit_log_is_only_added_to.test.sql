-- Nobody changes the audit log, its owner neither; what retention has outlived may go.
begin;
select no_plan();
select tests.clock();

select app.log_audit(0::smallint, tests.tenant(), 'CREATED', 'thing', 'x');
select throws_ok($$ update public.audit_logs set actor = 'nobody' $$, '42501', 'the audit log is only ever added to', 'no update');
select throws_ok($$ delete from public.audit_logs $$, '42501', 'the audit log is only ever added to', 'no delete');
select throws_ok($$ truncate public.audit_logs $$, '42501', 'the audit log is only ever added to', 'no truncate');
select throws_ok($$ delete from app.audit_logs_default $$, '42501', null, 'nor a partition''s rows')
  where exists (select from app.audit_logs_default);
set local role service_role;
select throws_ok($$ update public.audit_logs set actor = 'nobody' $$, '42501', null, 'the service role may not even try');
select throws_ok($$ delete from public.audit_logs $$, '42501', null, 'to delete');
reset role;
select tests.later('401 days');
select lives_ok($$ delete from public.audit_logs where resource_id = 'x' $$, 'what is older than its retention may go');

select * from finish();
rollback;

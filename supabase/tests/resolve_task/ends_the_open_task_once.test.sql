-- Resolving notes who and how; what is resolved, or was never open, stays as it is.
begin;
select no_plan();
select tests.clock();

select app.open_task(0::smallint, tests.tenant(), 'message_parked', 'm-1', 'the window is closed');
select ok(app.resolve_task(0::smallint, tests.tenant(), 'message_parked', 'm-1', 'user:1', 'called the customer'), 'it was open');
select results_eq(
  $$ select resolved_at, resolved_by, resolution from public.tasks where tenant_id = tests.tenant() $$,
  $$ values (app.now(), 'user:1', 'called the customer') $$, 'who, when and how is noted');
select ok(not app.resolve_task(0::smallint, tests.tenant(), 'message_parked', 'm-1', 'user:2', 'again'), 'the second time nothing is open');
select is(resolved_by, 'user:1', 'and nothing changes') from public.tasks where tenant_id = tests.tenant();
select ok(not app.resolve_task(0::smallint, tests.tenant('b'), 'message_parked', 'm-1', 'system'), 'another tenant''s task is not touched');

select * from finish();
rollback;

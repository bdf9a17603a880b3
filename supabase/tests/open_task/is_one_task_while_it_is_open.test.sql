-- What comes up again while it is open is the same task with the newest reason; once resolved, it is a new one.
begin;
select no_plan();
select tests.clock();

select lives_ok($$ select app.open_task(0::smallint, tests.tenant(), 'number_paused', 'acc-a', 'Meta says spam', jsonb_build_object('account_id', tests.account(), 'detail', '{"code": "131048"}'::jsonb)) $$, 'a task is opened');
select tests.later('1 minute');
select app.open_task(0::smallint, tests.tenant(), 'number_paused', 'acc-a', 'Meta says spam again');
select results_eq(
  $$ select kind, subject, reason, seen, last_seen_at - created_at, account_id from public.tasks where tenant_id = tests.tenant() $$,
  $$ values ('number_paused', 'acc-a', 'Meta says spam again', 2, interval '1 minute', tests.account()) $$,
  'the second is the first, with the newest reason');

select app.open_task(0::smallint, tests.tenant(), 'channel_stopped', 'acc-a', 'the token is wrong');
select is(count(*), 2::bigint, 'another kind is another task') from public.tasks where tenant_id = tests.tenant();

select app.resolve_task(0::smallint, tests.tenant(), 'number_paused', 'acc-a', 'system');
select app.open_task(0::smallint, tests.tenant(), 'number_paused', 'acc-a', 'once more');
select is(count(*) filter (where resolved_at is null), 1::bigint, 'after it was resolved it is a new one')
  from public.tasks where tenant_id = tests.tenant() and kind = 'number_paused';
select throws_ok($$ select app.open_task(0::smallint, tests.tenant(), 'whatever', 'x', 'y') $$, '23514', null, 'only known kinds');

select * from finish();
rollback;

-- At once, and the questions are answered.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.finish_attempt(id, '{"state": "REJECTED", "class": "pause_number", "code": "131048", "message": "spam"}') from o;
select tests.start_attempt(id) from o;
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now() + interval '15 minutes', 'the lane waits');
select ok(app.resume_account_sending(0::smallint, tests.tenant(), tests.account(), 'user:1'), 'something kept it');
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now(), 'the lane is due');
select results_eq('select kind, resolved_by from public.tasks', $$ values ('number_paused', 'user:1') $$, 'the task is resolved');
select is(tests.start_attempt(id) -> 'attempt_no', '2', 'and it is sent') from o;
select ok(not app.resume_account_sending(0::smallint, tests.tenant(), tests.account()), 'once is enough');
select throws_ok($$ select app.resume_account_sending(0::smallint, tests.tenant('b'), tests.account()) $$, 'SB404', null, 'another tenant''s account is not there');

select * from finish();
rollback;

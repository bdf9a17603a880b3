-- Woken too early.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.finish_attempt(id, '{"state": "REJECTED", "class": "later", "code": "131057", "retry_after_s": 120}') from o;
select app.wake_lane(0::smallint, 'outbound', tests.conversation());
select is(tests.start_attempt(id), '{"action": "wait", "why": "retry"}'::jsonb, 'its time has not come') from o;
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now() + interval '2 minutes', 'it waits for the rest');

select * from finish();
rollback;

-- A wake-up without news.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select app.wake_lane(0::smallint, 'outbound', tests.conversation());
select tests.later('10 seconds');
select is(tests.start_attempt(id), '{"action": "wait", "why": "unknown"}'::jsonb, 'the waiting time is counted from when it became unknown') from o;
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now() + interval '50 seconds', 'so 50 of 60 seconds are left');

select * from finish();
rollback;

-- A scheduled message keeps nothing waiting.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.says('agent', 'later', p_send_at => app.now() + interval '1 hour') as later, tests.says('agent', 'now') as now;
select is(tests.start_attempt(now) ->> 'action', 'send', 'what came after it leaves') from o;
select tests.finish_attempt(now, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from o;
select is_empty($$ select from app.queue_ready where queue = 'outbound' $$, 'nothing waits in the lane');
select tests.later('1 hour');
select is(app.promote_scheduled(0::smallint), 1, 'its time has come');
select is(tests.start_attempt(later) ->> 'action', 'send', 'it leaves') from o;

select * from finish();
rollback;

-- Scheduled sends and quiet hours.
begin;
select no_plan();

select tests.clock('2026-11-20 21:30:00Z');
select is(tests.verdict(tests.says('agent', 'a', p_send_at => app.now() + '1 hour')), jsonb_build_object('verdict', 'wait', 'why', 'scheduled', 'until', app.now() + interval '1 hour'), 'not before its time');
select tests.delivery('{"quiet_hours": "[1260,1920)", "quiet_timezone": "UTC"}', null);
select is(tests.verdict(tests.says('system', 'b')), jsonb_build_object('verdict', 'wait', 'why', 'quiet_hours', 'until', '2026-11-21 08:00:00Z'::timestamptz), 'what the business begins waits for the morning');
select is(tests.verdict(tests.says('agent', 'c', p_send_at => app.now())) ->> 'why', 'quiet_hours', 'so does what was scheduled');
select is(tests.verdict(tests.says('agent', 'd')), null, 'an answer does not');
select is(tests.verdict(tests.says('person', 'e')), null, 'nor does a person');
select tests.delivery('{"quiet_hours_for_replies": true}', null);
select is(tests.verdict(tests.says('agent', 'f')) ->> 'why', 'quiet_hours', 'unless the tenant wants that an agent sleeps too');
select is(tests.verdict(tests.says('person', 'g')), null, 'a person is awake all the same');

select * from finish();
rollback;

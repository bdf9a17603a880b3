-- Sessions.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
create temp table s as select app.open_session(0::smallint, tests.tenant(), tests.conversation()) as m;
select is((select (m).messages from s), '[]'::jsonb, 'a session begins empty');
select app.remember(0::smallint, tests.tenant(), tests.conversation(), '[{"role": "user", "text": "hi"}]');
select tests.later('30 minutes');
select is((app.open_session(0::smallint, tests.tenant(), tests.conversation())).session_id, (select (m).session_id from s), 'after thirty minutes it is still the same');
select is((app.open_session(0::smallint, tests.tenant(), tests.conversation())).messages, '[{"role": "user", "text": "hi"}]'::jsonb, 'with its memory');
select tests.later('30 minutes 1 second');
create temp table anew as select app.open_session(0::smallint, tests.tenant(), tests.conversation()) as m;
select isnt((select (m).session_id from anew), (select (m).session_id from s), 'a second later it is another');
select results_eq('select (m).messages, (m).session_started_at from anew', $$ values ('[]'::jsonb, app.now()) $$, 'which begins empty, now');

select * from finish();
rollback;

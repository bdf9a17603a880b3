-- A timer that the answer did not heed: a reminder is over, a wait ends, an unknown step fails, and a pause keeps everything.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow('{"remind_s": 600, "wait_s": 7200}', 'remind') as remind, tests.workflow('{"wait_s": 600}', 'wait') as wait,
  tests.workflow('{"status": "running", "wait_s": null}', 'run') as run, tests.workflow('{"wait_s": 660}', 'later') as later;
select tests.later('10 minutes');
select tests.next_turn();
select is(tests.complete(tests.conversation(), '{"replies": []}'), 0, 'the agent says nothing');
select results_eq('select workflow, status, remind_at, wake_at from app.workflow_states order by workflow collate "C"',
  $$ values ('later', 'waiting', null::timestamptz, app.now() + interval '1 minute'), ('remind', 'waiting', null, app.now() + interval '110 minutes'),
            ('run', 'failed', null, null), ('wait', 'timed_out', null, null) $$, 'each in its way');
select tests.later('1 minute');
select tests.next_turn();
update public.conversations set agent_paused_until = app.now() + interval '1 hour';
select tests.complete(tests.conversation());
select results_eq($$ select status, wake_at from app.workflow_states where workflow = 'later' $$, $$ values ('waiting', app.now() + interval '1 hour') $$, 'a person has taken over: it rings when the agent is back');
select tests.later('61 minutes');
update public.whatsapp_accounts set status = 'disabled';
select is(tests.next_turn() ->> 'action', 'skip', 'the account is off');
select tests.complete(tests.conversation(), '{"replies": []}');
select is((tests.workflow_row(later)).wake_at, app.now() + interval '1 hour', 'it is tried again later') from w;

select * from finish();
rollback;

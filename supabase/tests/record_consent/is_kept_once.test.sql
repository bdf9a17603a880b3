-- The proof.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
select ok(app.record_consent(0::smallint, tests.contact(), 'marketing', 'stop', 'person', 'letter 1', app.now(), '{"detail": {"by": "letter"}}'), 'it is news');
select ok(not app.record_consent(0::smallint, tests.contact(), 'marketing', 'stop', 'person', 'letter 1', app.now()), 'once');
select results_eq('select scope, action, source, event_key, detail, occurred_at, recorded_at from public.consent_events',
  $$ values ('marketing', 'stop', 'person', 'letter 1', '{"by": "letter"}'::jsonb, app.now(), app.now()) $$, 'with all that is known');
set role service_role;
select throws_ok('update public.consent_events set action = ''resume''', '42501', null, 'nobody changes it');
select throws_ok('delete from public.consent_events', '42501', null, 'or takes it away');

select * from finish();
rollback;

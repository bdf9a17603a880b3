-- By when it was said, not by when we heard of it.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
select is(app.consent_of(0::smallint, tests.contact()), '{"all": null, "marketing": null}'::jsonb, 'nothing was said');
select app.record_consent(0::smallint, tests.contact(), 'all', 'resume', 'word', 'k2', app.now());
select app.record_consent(0::smallint, tests.contact(), 'all', 'stop', 'word', 'k1', app.now() - interval '1 minute');
select is(app.consent_of(0::smallint, tests.contact()) ->> 'all', 'resume', 'what was said later counts');

select * from finish();
rollback;

-- Two contacts turn out to be one.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1', p_over => jsonb_build_object('identities', tests.ids('phone', '15550001'))));
select tests.ingest(tests.event('stop', 'stop', p_over => jsonb_build_object('identities', tests.ids('bsuid', 'US.1'))));
select is(app.consent_of(0::smallint, tests.contact('15550001')) ->> 'all', null, 'one of them said nothing');
select tests.ingest(tests.event('in-2', p_over => jsonb_build_object('identities', tests.ids('phone', '15550001', 'bsuid', 'US.1'))));
select is(tests.contact('15550001'), tests.contact('US.1'), 'they are one');
select is(app.consent_of(0::smallint, tests.contact('15550001')) ->> 'all', 'stop', 'who has opted out');

select * from finish();
rollback;

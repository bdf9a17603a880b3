-- Where to send.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1', p_over => jsonb_build_object('identities', tests.ids('bsuid', 'US.1', 'lid', 'L1', 'username', 'ana'))));
select is(app.recipient_of(0::smallint, tests.conversation('US.1')), '{"bsuid": "US.1"}'::jsonb, 'the BSUID when no number is known');
select tests.later('1 minute');
select tests.ingest(tests.event('m2', p_over => jsonb_build_object('identities', tests.ids('bsuid', 'US.1', 'phone', '1'))));
select is(app.recipient_of(0::smallint, tests.conversation('US.1')), '{"phone": "1"}'::jsonb, 'the number as soon as it is');
select tests.later('1 minute');
select tests.ingest(tests.event('m3', p_kind => 'system', p_over => jsonb_build_object('identities', tests.ids('phone', '1', 'phone', '2'))));
select is(app.recipient_of(0::smallint, tests.conversation('US.1')), '{"phone": "2"}'::jsonb, 'after a change of number the new one');
select is(app.recipient_of(0::smallint, gen_random_uuid()), null, 'nobody, in no conversation');

select * from finish();
rollback;

-- No phone number.
begin;
select no_plan();

select tests.ingest(tests.event('m1', p_over => jsonb_build_object('identities', tests.ids('bsuid', 'US.1', 'username', 'ana'))));
select isnt(tests.conversation('US.1'), null, 'the BSUID leads to it');
select is(app.recipient_of(0::smallint, tests.conversation('US.1')), '{"bsuid": "US.1"}'::jsonb, 'and it can be answered');

select * from finish();
rollback;

-- A turn that was under way when the contacts became one.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1', p_over => jsonb_build_object('identities', tests.ids('phone', '1'))));
select tests.later('1 minute');
select tests.ingest(tests.event('m2', p_over => jsonb_build_object('identities', tests.ids('bsuid', 'US.1'))));
create temp table other as select tests.conversation('US.1') as id;
select tests.ingest(tests.event('m3', p_over => jsonb_build_object('identities', tests.ids('phone', '1', 'bsuid', 'US.1'))));
select is(app.recipient_of(0::smallint, (select id from other)), '{"phone": "1"}', 'a reply in the merged conversation goes to the one person');
select is((select contact_id from public.conversations where id = (select id from other)), tests.contact('1'), 'who is its contact now');

select * from finish();
rollback;

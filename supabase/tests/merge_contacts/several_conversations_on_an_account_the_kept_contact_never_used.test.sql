-- The oldest moves, the rest merge into it.
begin;
select no_plan();

select tests.account(), tests.account('a', '-2'), tests.clock();
select tests.ingest(tests.event('m1', p_slug => 'a-2', p_over => jsonb_build_object('identities', tests.ids('phone', '1'))));
select tests.later('1 minute');
select tests.ingest(tests.event('m2', p_over => jsonb_build_object('identities', tests.ids('bsuid', 'US.1'))));
select tests.later('1 minute');
select tests.ingest(tests.event('m3', p_over => jsonb_build_object('identities', tests.ids('lid', 'L1'))));
create temp table oldest as select tests.conversation('US.1') as id;
create temp table youngest as select tests.conversation('L1') as id;
select app.merge_contacts(0::smallint, tests.contact('1'), array[tests.contact('US.1'), tests.contact('L1')]);
select is(tests.conversation('1'), (select id from oldest), 'the oldest is the one that stays open');
select is((select merged_into from public.conversations where id = (select id from youngest)), (select id from oldest), 'the other points to it');

select * from finish();
rollback;

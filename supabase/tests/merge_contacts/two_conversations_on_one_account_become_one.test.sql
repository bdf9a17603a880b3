-- One stays open; the other runs empty.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1', p_over => jsonb_build_object('identities', tests.ids('phone', '1'))));
select tests.later('1 minute');
select tests.ingest(tests.event('m2', p_over => jsonb_build_object('identities', tests.ids('bsuid', 'US.1'))));
create temp table kept as select tests.conversation('1') as id;
create temp table other as select tests.conversation('US.1') as id;
select tests.later('1 minute');
select tests.ingest(tests.event('m3', p_over => jsonb_build_object('identities', tests.ids('phone', '1', 'bsuid', 'US.1'))));
select is((select merged_into from public.conversations where id = (select id from other)), (select id from kept), 'the other conversation points to the kept one');
select is((select conversation_id from public.messages where provider_message_id = 'm3'), (select id from kept), 'the next message goes to the kept one');
select is((select count(*)::integer from app.message_queue where lane_id = (select id from other)), 1, 'what waits in the other lane is still to be answered');
select results_eq('select lane_id, seq from tests.claim()', $$ values ((select id from kept), 1::bigint), ((select id from kept), 2), ((select id from other), 1) $$,
  'both lanes are claimed');

select * from finish();
rollback;

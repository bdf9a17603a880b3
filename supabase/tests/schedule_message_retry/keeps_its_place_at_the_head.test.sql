-- Order survives failure.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1, 1);
select is(app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '{}', p_retry_after => '7 seconds'), 'retry', 'it is tried again');
select is_empty('select * from tests.claim()', 'not at once');
select tests.later('7 seconds');
select results_eq('select seq, tries from tests.claim()', $$ values (1::bigint, 2::smallint), (2, 2::smallint) $$, 'when asked to, the head first');

select * from finish();
rollback;

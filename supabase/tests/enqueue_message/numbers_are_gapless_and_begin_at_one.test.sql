-- The lane's tail gives them out.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(3) as lane;
select results_eq('select seq from app.message_queue order by seq', $$ values (1::bigint), (2), (3) $$, '1, 2, 3');
select tests.claim();
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 3);
select is(app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c'), 4::bigint, 'and on, after the lane ran empty');
select is(app.enqueue_message(0::smallint, 'outbound', (select lane from l), tests.tenant(), 'work', '{}', 'c'), 1::bigint, 'each queue counts for itself');

select * from finish();
rollback;

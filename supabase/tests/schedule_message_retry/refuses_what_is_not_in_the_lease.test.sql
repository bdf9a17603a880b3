-- A wrong cursor must not move backwards or past the tail.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(3) as lane;
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1, 1);
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1);
select tests.claim();
select throws_ok($$ select app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '{}', 1) $$, 'SB400', null, 'what was done before');
select throws_ok($$ select app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 4, '{}', 1) $$, 'SB400', null, 'what was never enqueued');
select is((select count(*)::integer from app.message_queue), 2, 'nothing is lost');

select * from finish();
rollback;

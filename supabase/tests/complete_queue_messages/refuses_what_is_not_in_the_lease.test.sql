-- SB400.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1, 1);
select throws_ok($$ select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 0) $$, 'SB400', null, 'what was done before');
select throws_ok($$ select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 3) $$, 'SB400', null, 'what was never enqueued: its cursor would pass over work to come');
select is((select count(*)::integer from app.message_queue), 2, 'nothing is lost');

select * from finish();
rollback;

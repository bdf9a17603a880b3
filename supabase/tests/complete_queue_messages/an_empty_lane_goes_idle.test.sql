-- The ready row goes, the cursor stays in the lane.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select tests.claim();
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 2);
select is_empty('select * from app.queue_ready', 'nothing waits');
select is_empty('select * from app.message_queue', 'the messages are gone');
select results_eq('select tail, idle_at from app.queue_lane', $$ values (2::bigint, 2::bigint) $$, 'the counters stay');
select app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c');
select results_eq('select seq, tries from tests.claim()', $$ values (3::bigint, 1::smallint) $$, 'the next message makes it ready again');

select * from finish();
rollback;

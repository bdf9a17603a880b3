-- Somebody took its messages out by hand.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
delete from app.message_queue;
update app.queue_ready set lost = 30, leased_by = 'w', token = 1, at = app.now();
select is_empty('select * from tests.claim()', 'nothing to give');
select is_empty('select * from app.queue_ready', 'it is idle');
select is(app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c'), 2::bigint, 'and takes the next');
select is((select count(*)::integer from tests.claim()), 1, 'which is claimed');

select * from finish();
rollback;

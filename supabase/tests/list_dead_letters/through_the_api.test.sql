-- The door for the page on the queue does what the engine does.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select * from tests.claim();
select app.schedule_message_retry(0::smallint, 'inbound', lane, tests.token(lane), 2, '{"code": "x"}', 1) from l;
create temp table d as select id from app.queue_dead_letter order by seq;
select results_eq('select * from public.list_dead_letters(0::smallint, p_code => ''x'', p_limit => 1)', 'select id, queue::text, lane_id, seq, tenant_id, kind, correlation_id, tries, error, enqueued_at, dead_at, ''a''::text from app.list_dead_letters(0::smallint, p_limit => 1)', 'the same letters, with the tenant''s slug');
select is_empty('select * from public.list_dead_letters(0::smallint, p_code => ''y'')', 'the same filters');

select * from finish();
rollback;

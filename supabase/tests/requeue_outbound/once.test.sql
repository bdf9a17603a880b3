-- In its place, or behind what waits.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id, tests.outbound('out-2') as next;
select app.requeue_outbound(0::smallint, o) from app.outbound_message o where idempotency_key = 'out-2';
select is((select count(*)::integer from app.message_queue where queue = 'outbound'), 1, 'whose work is there needs no more');
select app.requeue_outbound(0::smallint, o) from app.outbound_message o where idempotency_key = 'out-1';
select results_eq($$ select (payload ->> 'outbound_id')::uuid from app.message_queue where queue = 'outbound' order by seq $$, 'select next from o union all select id from o', 'else it comes behind');
delete from app.message_queue where payload ->> 'outbound_id' = (select id::text from o);
select app.requeue_outbound(0::smallint, o, app.now() + interval '1 minute') from app.outbound_message o where idempotency_key = 'out-1';
select results_eq('select run_at from app.queue_scheduled', $$ values (app.now() + interval '1 minute') $$, 'or when its time has come');

select * from finish();
rollback;

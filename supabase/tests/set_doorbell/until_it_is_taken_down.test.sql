-- A row for each worker that sleeps.
begin;
select no_plan();

select tests.clock();
select app.set_doorbell('inbound', 'w1', '5 seconds');
select app.set_doorbell('inbound', 'w1', '9 seconds');
select results_eq('select queue::text, worker, until from app.queue_doorbell', $$ values ('inbound', 'w1', app.now() + interval '9 seconds') $$, 'the last one counts');
select app.set_doorbell('outbound', 'w1');
select is((select count(*)::integer from app.queue_doorbell), 1, 'another queue has its own');
select app.set_doorbell('inbound', 'w1');
select is_empty('select * from app.queue_doorbell', 'it is taken down');

select * from finish();
rollback;

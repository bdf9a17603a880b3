-- A worker that died in its sleep takes nothing down; the next one that falls asleep in its queue does.
begin;
select no_plan();

select tests.clock();
select app.set_doorbell('inbound', 'dead', '5 seconds');
select app.set_doorbell('outbound', 'elsewhere', '5 seconds');
select tests.later('60 seconds');
select app.set_doorbell('inbound', 'w1', '5 seconds');
select is((select count(*)::integer from app.queue_doorbell), 3, 'a minute of grace');
select tests.later('6 seconds');
select app.set_doorbell('inbound', 'w1', '5 seconds');
select results_eq('select queue::text, worker from app.queue_doorbell order by 1', $$ values ('inbound', 'w1'), ('outbound', 'elsewhere') $$,
  'then its bell is gone, and those of other queues are left to their own');

select * from finish();
rollback;

-- Only leases in a row that ran out count.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
do $$ begin for n in 1 .. 19 loop perform tests.claim(); perform tests.later('31 seconds'); end loop; end; $$;
select tests.claim();
select app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '{}', 100, '0');
do $$ begin for n in 1 .. 20 loop perform tests.claim(); perform tests.later('31 seconds'); end loop; end; $$;
select is_empty('select * from app.queue_dead_letter', 'a worker that came back starts the count anew');
select tests.claim();
select is((select error ->> 'code' from app.queue_dead_letter), 'worker_lost', 'the 21st in a row is one too many');

select * from finish();
rollback;

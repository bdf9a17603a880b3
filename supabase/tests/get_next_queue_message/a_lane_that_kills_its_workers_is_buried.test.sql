-- After 20 leases in a row that ran out.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2, 'webhook') as lane;
do $$ begin for n in 1 .. 19 loop perform tests.claim('webhook'); perform tests.later('31 seconds'); end loop; end; $$;
select is((select count(*)::integer from tests.claim('webhook')), 2, 'the 20th worker gets it still');
select tests.later('31 seconds');
select is_empty($$ select * from tests.claim('webhook') $$, 'the 21st does not');
select results_eq($$ select seq, error ->> 'code', tries from app.queue_dead_letter order by seq $$, $$ values (1::bigint, 'worker_lost', 21::smallint), (2, 'worker_lost', 21::smallint) $$, 'the burst is among the dead letters');
select ok((select error ->> 'message' from app.queue_dead_letter limit 1) like 'worker lost: %', 'with the reason');
select is_empty('select * from app.queue_ready', 'the lane is idle');
select app.enqueue_message(0::smallint, 'webhook', (select lane from l), tests.tenant(), 'work', '{}', 'c');
select is((select tries from tests.claim('webhook')), 1::smallint, 'what comes then is worked as ever');

select * from finish();
rollback;

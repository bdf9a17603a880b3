-- REJECTED or UNKNOWN.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as intended, tests.sending('out-2', 's1x') as left_;
select tests.start_attempt(intended) from o;
select app.lose_outbound_attempts(0::smallint, array[intended]), app.lose_outbound_attempts(1::smallint, array[left_]) from o;
select app.lose_outbound_attempts(0::smallint, array[intended]) from o;
select results_eq('select shard, state, error_code, finished_at from app.outbound_attempt order by shard',
  $$ values (0::smallint, 'REJECTED', 'worker_lost', app.now()), (1::smallint, 'UNKNOWN', 'worker_lost', app.now()) $$, 'one certainly did not leave, of the other nobody knows');

select * from finish();
rollback;

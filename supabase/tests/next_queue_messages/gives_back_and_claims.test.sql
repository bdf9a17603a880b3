-- One call: what is done goes, what is next comes.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(3) as lane;
create function pg_temp.next (p_tokens bigint[], p_uptos bigint[]) returns table (lane uuid, token bigint, seq bigint) language sql as $$
  select n.lane_id, n.token, n.seq from app.next_queue_messages(0::smallint, 'inbound', 'w', 10, 1, '30 seconds', p_tokens, p_uptos) n; $$;
create temp table first as select * from pg_temp.next('{}', '{}');
select results_eq('select lane, seq from first', 'select lane, 1::bigint from l', 'the head');
create temp table second as select * from pg_temp.next(array(select token from first), array[1]);
select results_eq('select lane, seq from second', 'select lane, 2::bigint from l', 'the next, in the same call');
select is_empty('select * from pg_temp.next(array(select token from first), array[2])', 'a stale lease is passed over');
select results_eq('select lane, seq from pg_temp.next(array(select token from second), array[2])', 'select lane, 3::bigint from l', 'the last');
select is_empty('select * from pg_temp.next(array[tests.token((select lane from l))], array[3])', 'and nothing is left');
select is_empty('select * from app.queue_ready', 'the lane is idle');

select * from finish();
rollback;

-- And come back to the others when somebody does, or when something is paused.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(9) as lane;
create function pg_temp.next (p_token bigint, p_upto bigint, p_worker text default 'w1', p_lanes integer default 1) returns table (lane uuid, token bigint, seq bigint) language sql as $$
  select n.lane_id, n.token, n.seq from app.next_queue_messages(0::smallint, 'inbound', p_worker, p_lanes, 1, '30 seconds', array_remove(array[p_token], null), array_remove(array[p_upto], null)) n; $$;
select is((select seq from pg_temp.next(null, null)), 1::bigint, 'the head');
create temp table kept as select * from pg_temp.next(tests.token((select lane from l)), 1);
select results_eq('select lane, seq from kept', 'select lane, 2::bigint from l', 'what is behind it');
select is(tests.token((select lane from l)), (select token from kept), 'under the lease that is told');

select tests.later('1 second');
create temp table other as select tests.lane(1) as lane;
select app.set_queue_limit(0::smallint, 'webhook', 1);
select tests.later('1 second');
select results_eq('select lane, seq from pg_temp.next((select token from kept), 2)', 'select lane, 1::bigint from other', 'another lane has waited longer');
select is((tests.ready((select lane from l))).leased_by, null, 'so it is free for anybody');

select is((select seq from pg_temp.next(null, null, 'w2')), 3::bigint, 'another worker takes it');
select app.pause_queue(0::smallint, 'inbound', 'test', p_tenant_id => tests.tenant());
select is_empty('select * from pg_temp.next(tests.token((select lane from l)), 3)', 'what is paused is not kept');
select is((tests.ready((select lane from l))).done, 3::bigint, 'but what was done is done');
select is_empty($$ select * from pg_temp.next(tests.token((select lane from other)), 1, p_lanes => 0) $$, 'none when none are asked for');

select * from finish();
rollback;

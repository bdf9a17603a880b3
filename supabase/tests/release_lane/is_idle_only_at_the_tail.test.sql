-- Whether there is more is decided by the lane's tail.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select tests.claim();
select app.release_lane(tests.ready((select lane from l)), 1);
select results_eq('select done, at, leased_by, token, tries from app.queue_ready', $$ values (1::bigint, app.now(), null::text, null::bigint, 0::smallint) $$, 'something is behind the cursor: it stays ready');
select app.release_lane(tests.ready((select lane from l)), 2);
select is_empty('select * from app.queue_ready', 'nothing is: it goes');
select throws_ok($$ select app.release_lane(jsonb_populate_record(null::app.queue_ready, jsonb_build_object('shard', 0, 'queue', 'inbound', 'lane_id', lane)), 3) from l $$, 'SB400', null, 'a cursor past the tail is refused');

select * from finish();
rollback;

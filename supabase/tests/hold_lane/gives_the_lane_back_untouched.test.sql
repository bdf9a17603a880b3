-- Nothing failed; the head has to wait.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select tests.claim();
select app.hold_lane(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), app.now() + interval '1 minute');
select results_eq('select at, done, tries, leased_by, token from app.queue_ready', $$ values (app.now() + interval '1 minute', 0::bigint, 0::smallint, null::text, null::bigint) $$, 'the try does not count');
select is_empty('select * from tests.claim()', 'it is not claimed before');
select tests.later('1 minute');
select results_eq('select seq, tries from tests.claim()', $$ values (1::bigint, 1::smallint), (2, 1::smallint) $$, 'then as if nothing had been');

select * from finish();
rollback;

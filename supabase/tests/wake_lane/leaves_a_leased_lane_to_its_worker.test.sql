-- Waking it would give it to a second owner.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select tests.claim();
select app.wake_lane(0::smallint, 'inbound', (select lane from l));
select is((tests.ready((select lane from l))).at, app.now() + interval '30 seconds', 'the lease lasts as long as it did');
select is_empty($$ select * from tests.claim('inbound', 'w2') $$, 'and nobody else gets it');

select * from finish();
rollback;

-- A worker that needs longer.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select tests.claim();
select tests.later('25 seconds');
select app.extend_lease(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)));
select is((tests.ready((select lane from l))).at, app.now() + interval '30 seconds', 'the lease ends 30 seconds from now');
select tests.later('29 seconds');
select is_empty($$ select * from tests.claim('inbound', 'w2') $$, 'nobody else gets the lane before');
select app.extend_lease(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), '5 minutes');
select is((tests.ready((select lane from l))).at, app.now() + interval '5 minutes', 'or as long as is asked for');

select * from finish();
rollback;

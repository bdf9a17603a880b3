-- However long it might wait.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select tests.claim();
select tests.later('1 second');
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '1 minute');
select is((tests.ready((select lane from l))).at, app.now(), 'nobody asked to wait');

select * from finish();
rollback;

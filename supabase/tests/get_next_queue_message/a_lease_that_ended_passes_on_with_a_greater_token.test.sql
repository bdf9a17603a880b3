-- How the work of a dead worker is taken up.
begin;
select no_plan();

select tests.clock();
select tests.lane(1);
create temp table first as select * from tests.claim('inbound', 'w1');
select tests.later('30 seconds');
create temp table second as select * from tests.claim('inbound', 'w2');
select is((select seq from second), (select seq from first), 'the same work');
select ok((select token from second) > (select token from first), 'under a later token');
select is((select tries from second), 2::smallint, 'as the second try');
select is((select leased_by from app.queue_ready), 'w2', 'by another owner');

select * from finish();
rollback;

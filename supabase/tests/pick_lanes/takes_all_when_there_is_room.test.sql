-- No more are due than are asked for.
begin;
select no_plan();

select tests.clock();
select tests.lane(1), tests.lane(1);
select results_eq($$ select cardinality(p.rows), p.since from app.pick_lanes(0::smallint, 'inbound', 2) p $$, $$ values (2, app.now()) $$, 'both, and since when they wait');
select is(cardinality((app.pick_lanes(0::smallint, 'inbound', 1)).rows), 1, 'one, when one is asked for');
select is((app.pick_lanes(0::smallint, 'inbound', 0)).rows, null, 'none');
select is((app.pick_lanes(0::smallint, 'webhook', 5)).rows, null, 'nothing is due');
select is((app.pick_lanes(0::smallint, 'inbound', 2, app.now() + interval '1 second')).rows, null, 'nothing that is due for longer than the caller cares about');

select * from finish();
rollback;

-- The greater urgency; until then, or the longest wait.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
create function pg_temp.lift (p_urgency smallint, p_quiet_until timestamptz default null) returns void language sql as $$
  select app.lift_lanes(0::smallint, 'inbound', array(select lane from l), array[p_urgency], p_quiet_until, '6 seconds'); $$;
select pg_temp.lift(3::smallint);
select is((tests.ready((select lane from l))).priority, 5::smallint, 'a lesser one changes nothing');
select pg_temp.lift(7::smallint, app.now() + interval '2 seconds');
select results_eq('select r.priority, r.at, r.quiet_until from app.queue_ready r', $$ values (7::smallint, app.now() + interval '2 seconds', app.now() + interval '2 seconds') $$, 'a greater one, and quiet');
select pg_temp.lift(5::smallint, app.now() + interval '1 minute');
select results_eq('select r.priority, r.at, r.quiet_until from app.queue_ready r', $$ values (7::smallint, app.now() + interval '6 seconds', app.now() + interval '1 minute') $$, 'at most so long');
select tests.later('7 seconds');
select tests.claim();
select pg_temp.lift(5::smallint, app.now() + interval '2 seconds');
select results_eq('select r.at, r.quiet_until from app.queue_ready r', $$ values (app.now() + interval '30 seconds', app.now() + interval '2 seconds') $$, 'a lease keeps its time');

select * from finish();
rollback;

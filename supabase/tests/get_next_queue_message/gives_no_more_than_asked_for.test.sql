-- p_lanes and p_per_lane.
begin;
select no_plan();

select tests.clock();
select tests.lane(5), tests.lane(5), tests.lane(5);
create temp table got as select * from app.get_next_queue_message(0::smallint, 'inbound', 'w', 2, 3);
select is((select count(distinct lane_id)::integer from got), 2, 'two lanes');
select results_eq('select count(*)::integer from got group by lane_id', $$ values (3), (3) $$, 'three messages each');
select is((select count(*)::integer from app.queue_ready where leased_by is not null), 2, 'and no other lane is locked away');
select is_empty($$ select * from app.get_next_queue_message(0::smallint, 'inbound', 'w', 0) $$, 'nothing asked, nothing given');

select * from finish();
rollback;

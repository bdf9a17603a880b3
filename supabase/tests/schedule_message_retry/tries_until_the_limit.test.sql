-- p_max_tries counts claims of the head.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
create temp table outcomes (n serial, outcome text);
do $$ begin for n in 1 .. 3 loop
  perform tests.claim();
  insert into outcomes (outcome) select app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '{}', 3);
  perform tests.later('1 hour');
end loop; end; $$;
select results_eq('select outcome from outcomes order by n', $$ values ('retry'), ('retry'), ('dead') $$, 'three tries, then it is dead');
select is_empty('select * from app.queue_ready', 'and the lane is idle');

select * from finish();
rollback;

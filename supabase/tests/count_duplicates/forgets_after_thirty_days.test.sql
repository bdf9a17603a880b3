-- Old counts are forgotten by the connection that opens a new hour.
begin;
select no_plan();

select tests.clock();
insert into app.ingest_counters (shard, hour, provider, slot, posts, duplicates)
select 0, date_trunc('hour', app.now()) - h, 'cloud_api', s, 1, 1
  from unnest(array[interval '30 days', interval '31 days']) as h, unnest(array[pg_backend_pid() % 256, (pg_backend_pid() + 1) % 256]) as s;
select app.count_duplicates(0::smallint, 'cloud_api', 1);
select results_eq(
  $$ select (app.now() - hour)::text, slot = pg_backend_pid() % 256 from app.ingest_counters where hour < date_trunc('hour', app.now()) order by hour, slot = pg_backend_pid() % 256 $$,
  $$ values ('31 days', false), ('30 days', false), ('30 days', true) $$, 'its own part only: nobody waits for anybody');

select * from finish();
rollback;

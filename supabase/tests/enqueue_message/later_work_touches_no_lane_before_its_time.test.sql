-- p_run_at.
begin;
select no_plan();

select tests.clock();
create temp table l as select gen_random_uuid() as lane;
create function pg_temp.put (p_at timestamptz) returns bigint language sql as $$
  select app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_run_at => p_at); $$;
select is(pg_temp.put(app.now() + interval '1 hour'), null::bigint, 'it has no number yet');
select is_empty('select * from app.queue_lane', 'nor a lane');
select is(app.next_queue_at(0::smallint, 'inbound'), app.now() + interval '1 hour', 'workers know when to look');
select is(pg_temp.put(app.now()), 1::bigint, 'what is due is queued at once');

select * from finish();
rollback;

-- A default partition that has grown is read through for one day in each call, not for all of them in one.
begin;
select no_plan();

select tests.clock('2005-01-10 12:00:00Z');
create function pg_temp.days () returns integer language sql as $$
  select count(*)::integer from pg_class where relname ~ '^queue_history_200501\d\d$' and relkind = 'r';
$$;
create function pg_temp.until (p_days integer) returns void language plpgsql as $$
begin
  for n in 1 .. 100 loop
    perform app.prepare_history(3);
    exit when pg_temp.days() >= p_days;
    perform pg_sleep(0.02);
  end loop;
end; $$;
insert into app.queue_history (queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
select 'inbound', gen_random_uuid(), n, gen_random_uuid(), 'work', repeat('c', 1000), 1, app.now(), app.now() from generate_series(1, 9000) as n;
select pg_temp.until(1);
select is(pg_temp.days(), 1, 'one');
select pg_temp.until(2);
select is(pg_temp.days(), 2, 'and the next one by the next call');
select pg_temp.until(4);
select hasnt_table('app', 'queue_history_20050110', 'the day whose rows are in the default partition has none of its own');
select has_table('app', 'queue_history_20050111', 'the next day has');

select * from finish();
rollback;

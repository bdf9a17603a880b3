-- A partition for a day, once. The day is long ago, so that it is nobody else's.
begin;
select no_plan();

select tests.alone();
-- Somebody else's lock on the default partition may be in the way for a moment.
create function pg_temp.add (p_day date) returns boolean language plpgsql as $$
begin
  loop
    begin
      return app.add_partition('queue_history', 'finished_at', p_day);
    exception when lock_not_available or deadlock_detected then
      perform pg_sleep(0.02);
    end;
  end loop;
end; $$;
select is(pg_temp.add('2001-02-28'), true, 'made');
select is(pg_temp.add('2001-02-28'), false, 'once');
select is(pg_get_expr(relpartbound, oid), 'FOR VALUES FROM (''2001-02-28 00:00:00+00'') TO (''2001-03-01 00:00:00+00'')', 'from midnight to midnight in UTC')
  from (select set_config('timezone', 'UTC', true)) as s, pg_class where relname = 'queue_history_20010228';
select is((select relrowsecurity from pg_class where oid = 'app.queue_history_20010228'::regclass), true, 'with row level security');
select is((select relacl from pg_class where oid = 'app.queue_history_20010228'::regclass), null, 'reachable for nobody but through its table');
select results_eq($$ select am.amname::text collate "default" from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am am on am.oid = c.relam
  where i.indrelid = 'app.queue_history_20010228'::regclass $$, $$ values ('brin') $$, 'with the one index of the table');

insert into app.queue_history (queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
select 'inbound', gen_random_uuid(), 1, gen_random_uuid(), 'work', 'c', 1, at, at
  from unnest(array['2001-02-28 00:00Z', '2001-02-28 23:59:59.999999Z', '2001-03-01 00:00Z']::timestamptz[]) as at;
select results_eq($$ select tableoid::regclass::text collate "default", count(*)::integer from app.queue_history where finished_at < '2002-01-01' group by 1 order by 1 $$,
  $$ values ('app.queue_history_20010228', 2), ('app.queue_history_default', 1) $$, 'rows go to the partition of their day, or to the default one');
select is(pg_temp.add('2001-03-01'), false, 'a day that has rows in the default partition gets none any more');
select is(to_regclass('app.queue_history_20010301'), null, 'and nothing is left of the try');

select * from finish();
rollback;

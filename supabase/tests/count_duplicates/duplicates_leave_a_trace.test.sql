-- Duplicates are counted by hour, provider and shard; what is new is not.
begin;
select no_plan();

select tests.clock('2026-11-20 10:59:00Z');
create function pg_temp.counts () returns table (hour text, shard integer, posts bigint, duplicates bigint) language sql as $$
  select to_char(c.hour at time zone 'UTC', 'DD HH24:MI'), c.shard::integer, sum(c.posts), sum(c.duplicates)
    from app.ingest_counters c where c.provider = 'cloud_api' group by c.hour, c.shard order by c.hour, c.shard;
$$;
select tests.ingest(tests.event('m1'), tests.event('m2'), tests.event('x', p_kind => 'notice', p_over => '{"reason": "r"}'),
  tests.event('bad', p_over => '{"occurred_at": "yesterday-ish"}'));
select is_empty('select * from pg_temp.counts()', 'what is new, raw or poisonous costs no count');
select tests.ingest(tests.event('m1'), tests.event('m2'), tests.event('m3'), tests.event('x', p_kind => 'notice', p_over => '{"reason": "r"}'));
select tests.account('s1');
select tests.ingest(tests.event('m1'), tests.event('m5', p_slug => 's1'));
select tests.ingest(tests.event('m6'), tests.event('m5', p_slug => 's1'));
select tests.later('1 minute');
select tests.ingest(tests.event('m1'));
select app.ingest_events('cloud_api', '[]');
select results_eq('select * from pg_temp.counts()',
  $$ values ('20 10:00', 0, 2::bigint, 4::bigint), ('20 10:00', 1, 1, 1), ('20 11:00', 0, 1, 1) $$, 'in the hour and the shard to which they came');
select is((select count(*)::integer from app.ingest_counters), 3, 'a connection has one row for an hour and shard');

select * from finish();
rollback;

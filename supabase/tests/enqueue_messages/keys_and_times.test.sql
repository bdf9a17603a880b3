-- Keys and times of many at once.
begin;
select no_plan();

select tests.clock();
create temp table l as select gen_random_uuid() as lane;
create function pg_temp.m (p_key text, p_n integer, p_at timestamptz default null) returns jsonb language sql as $$
  select jsonb_build_object('lane_id', (select lane from l), 'tenant_id', tests.tenant(), 'kind', 'work', 'payload', jsonb_build_object('n', p_n),
    'correlation_id', 'c', 'idempotency_key', p_key, 'run_at', p_at); $$;
select is(app.enqueue_messages(0::smallint, 'inbound', jsonb_build_array(pg_temp.m('k1', 1), pg_temp.m('k1', 1), pg_temp.m(null, 2), pg_temp.m('k2', 3, app.now() + interval '1 minute'))), 3, 'a key counts once in a list');
select is(app.enqueue_messages(0::smallint, 'inbound', jsonb_build_array(pg_temp.m('k1', 1), pg_temp.m('k2', 3))), 0, 'and once for ever');
select results_eq('select key::text collate "default", seq from app.queue_idempotency order by key', $$ values ('k1', 1::bigint), ('k2', null) $$, 'with its number');
select is((select count(*)::integer from app.message_queue), 2, 'two are in the lane');
select is((select count(*)::integer from app.queue_scheduled), 1, 'one is for later');
select throws_ok($$ select app.enqueue_messages(0::smallint, 'inbound', jsonb_build_array(pg_temp.m('k9', 1), pg_temp.m('k1', 2))) $$, 'SB409', null, 'other work under a key is refused');

select * from finish();
rollback;

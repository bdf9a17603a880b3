-- One lease, one token, the messages in order.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(3) as lane;
create temp table got as select * from tests.claim('inbound', 'w7');
select results_eq('select lane_id, seq, tries, payload, tenant_id, kind, correlation_id, enqueued_at from got',
  $$ select lane, n, 1::smallint, jsonb_build_object('n', n), tests.tenant(), 'work', 'cor-' || n, app.now() from l, generate_series(1::bigint, 3) as n $$, 'everything that is to be done');
select is((select count(distinct token)::integer from got), 1, 'under one token');
select results_eq('select leased_by, at from app.queue_ready', $$ values ('w7', app.now() + interval '30 seconds') $$, 'the lane is the worker''s for the time of the lease');

select * from finish();
rollback;

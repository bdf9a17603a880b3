-- Many at once are what each of them would have been.
begin;
select no_plan();

select tests.clock();
create temp table l as select gen_random_uuid() as a, tests.lane(1) as b;
create temp table m as select jsonb_agg(jsonb_build_object('lane_id', x.lane, 'tenant_id', tests.tenant(), 'kind', 'work', 'payload', jsonb_build_object('n', x.n),
  'correlation_id', 'c' || x.n, 'priority', x.priority) order by x.n) as list from (
    select 1 as n, a as lane, null::integer as priority from l union all select 2, b, 7 from l union all select 3, a, null from l union all select 4, a, 6 from l) x;
select is((select app.enqueue_messages(0::smallint, 'inbound', list) from m), 4, 'all are new');
select results_eq($$ select seq, payload ->> 'n', correlation_id from app.message_queue, l where lane_id = a order by seq $$,
  $$ values (1::bigint, '1', 'c1'), (2, '3', 'c3'), (3, '4', 'c4') $$, 'in the order given');
select results_eq($$ select seq from app.message_queue, l where lane_id = b order by seq $$, $$ values (1::bigint), (2) $$, 'behind what waits');
select is((tests.ready((select a from l))).priority, 6::smallint, 'the most urgent gives the lane its priority');
select is((tests.ready((select b from l))).priority, 7::smallint, 'and lifts one that waits');
select is((select count(*)::integer from tests.claim()), 5, 'all of it is claimed');
select is(app.enqueue_messages(0::smallint, 'inbound', '[]'), 0, 'nothing is nothing');

select * from finish();
rollback;

-- For the worker that asks for it: a new lease at once, but not before a burst has come to rest.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(3) as more, tests.lane(1) as empty, tests.lane(1) as quiet;
create temp table c as select distinct n.lane_id, n.token from app.get_next_queue_message(0::smallint, 'inbound', 'w1', 10, 1) n;
select app.enqueue_message(0::smallint, 'inbound', (select quiet from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '5 seconds', p_max_wait => '6 seconds');
select tests.later('1 second');
create temp table done as
  select d.* from (select array_agg(token) as tokens, array_agg(1) as uptos from c) c,
    app.complete_queue_lanes(0::smallint, 'inbound', c.tokens, c.uptos, '6 seconds', 'w1', '30 seconds', 2) d;
select results_eq('select stale, kept_lanes, kept_dones from done', $$ select '{}'::bigint[], array[more], array[1::bigint] from l $$, 'the one with more behind');
select results_eq($$ select (r).token, (r).leased_by, (r).at, (r).done, (r).tries, (r).upto from (select tests.ready((select more from l)) as r) x $$,
  $$ select kept_tokens[1], 'w1', app.now() + interval '30 seconds', 1::bigint, 1::smallint, 3::bigint from done $$, 'is leased anew');
select ok((select kept_tokens[1] > max(token) from done, c group by kept_tokens), 'under a greater token');
select is((tests.ready((select empty from l))).lane_id, null, 'the empty one is idle');
select results_eq($$ select (r).leased_by, (r).at from (select tests.ready((select quiet from l)) as r) x $$, $$ values (null::text, app.now() + interval '4 seconds') $$, 'the one that waits for quiet waits');

select * from finish();
rollback;

-- 0, 1, 5, 15, 60, 360 minutes: six attempts, each at most a tenth late, and then it has failed.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
create temp table waits (n integer, wait interval);
do $$
declare
  v_id uuid := (select id from o);
begin
  for n in 1 .. 5 loop
    perform tests.finish_attempt(v_id, '{"state": "REJECTED", "code": "131000", "class": "retry"}');
    insert into waits select n, a.next_retry_at - app.now() from app.outbound_attempt a where a.attempt_no = n;
    perform tests.later((select wait from waits w where w.n = attempt) - interval '1 second') from generate_series(n, n) as attempt;
    assert not exists (select from tests.claim('outbound')), 'nothing is due a second earlier';
    perform tests.later('1 second');
    perform tests.start_attempt(v_id), tests.leave(v_id);
  end loop;
end; $$;
select is((select array_agg(wait between w and w * 1.1 order by n) from waits join unnest(array[1, 5, 15, 60, 360]) with ordinality as s (m, o) on o = n
            cross join lateral (select make_interval(mins => m) as w) x), array[true, true, true, true, true], 'the waiting times are the schedule''s');
select is(tests.finish_attempt(id, '{"state": "REJECTED", "code": "131000", "class": "retry"}'), 'FAILED', 'the sixth refusal is the last') from o;
select results_eq('select attempt_no, state from app.outbound_attempt order by 1', $$ select n::smallint, 'REJECTED' from generate_series(1, 6) n $$, 'a row for every try');
select is_empty($$ select from app.queue_ready where queue = 'outbound' $$, 'and the lane is free');

select * from finish();
rollback;

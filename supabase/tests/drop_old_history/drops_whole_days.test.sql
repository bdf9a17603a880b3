-- Days that are over, whole.
begin;
select no_plan();

select tests.clock('2003-06-01 00:10:00Z');
create function pg_temp.until (p_call text, p_enough text) returns void language plpgsql as $$
declare v_enough boolean;
begin
  for n in 1 .. 100 loop
    execute p_call;
    execute p_enough into v_enough;
    exit when v_enough;
    perform pg_sleep(0.02);
  end loop;
end; $$;
-- The real partitions of these days are none of this test's business: a clock that stands in 2003 finds none of them old.
select pg_temp.until('select app.prepare_history(1)', $$ select count(*) = 9 from pg_class where relname ~ '_20030[56]\d\d$' and relkind = 'r' $$);
create function pg_temp.days (p_table text) returns text language sql as $$
  select string_agg(right(relname, 4), ' ' order by relname) from pg_class where relname ~ ('^' || p_table || '_20030[56]\d\d$') and relkind = 'r';
$$;
insert into app.queue_history (queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
select 'inbound', gen_random_uuid(), n, gen_random_uuid(), 'work', 'c', 1, at, at
  from unnest(array['2003-05-20 12:00Z', '2003-05-31 12:00Z', '2003-06-01 00:05Z', '2003-06-04 12:00Z']::timestamptz[]) with ordinality as x (at, n);
insert into app.webhook_events (key, occurred_on, provider, kind, reason, payload, correlation_id, received_at)
values ('no day', '-infinity', 'cloud_api', 'notice', 'x', '{}', 'c', app.now());

set local role service_role;
select is(app.drop_old_history() -> 'dropped', '[]', 'nothing is old, the service role finds');
reset role;
select is(pg_temp.days('queue_history'), '0531 0601 0602', 'so all days are there');
select tests.later('6 days 23 hours 40 minutes'); -- 7 June, 23:50
select is(app.drop_old_history() -> 'dropped', '[]', 'nor are seven days over yet');
select tests.later('20 minutes');
select pg_temp.until('select app.drop_old_history()', $$ select pg_temp.days('queue_history') = '0601 0602' $$);
select is(pg_temp.days('queue_history'), '0601 0602', 'a week after its end, a day of finished work goes');
select is(pg_temp.days('webhook_events'), '0531 0601 0602', 'what is kept for longer stays');
select results_eq($$ select seq::integer from app.queue_history where finished_at < '2004-01-01' order by seq $$, $$ values (3), (4) $$,
  'with its rows, and so do those of the default partition that are as old');
select is((select count(*)::integer from app.webhook_events where key = 'no day'), 1, 'an item without a day is there by when it came');

select app.set_retention('queue_history', '1 day');
select pg_temp.until('select app.drop_old_history()', $$ select pg_temp.days('queue_history') is null $$);
select is(pg_temp.days('queue_history'), null, 'the setting counts from the next call on');
select pg_temp.until('select app.drop_old_history(interval ''3 days'')', $$ select pg_temp.days('processed_messages') is null $$);
select is(pg_temp.days('processed_messages'), null, 'an age that is given counts for all of them');
select is((select count(*)::integer from app.webhook_events where key = 'no day'), 0, 'for what has no day as well');
select is(app.drop_old_history(), '{"dropped": [], "busy": [], "deleted": 0}', 'once');

select * from finish();
rollback;

-- What every class means.
begin;
select no_plan();

select tests.clock();
create temp table w as select c.class, n, w.wait, extract(epoch from app.retry_in(c.class, n, '{60,300,900,3600,21600}', w.wait, '00000000-0000-0000-0000-000000000000')) as s
  from unnest(array['again', 'retry', 'slow_pair', 'slow_number', 'slow_app', 'later', 'pause_number', 'stop_channel', 'window_closed', 'reupload', 'never', 'nonsense']) as c (class)
  cross join generate_series(1, 6) n cross join (values (null::double precision), (42)) as w (wait);
select is_empty('select * from w where n = 6 and s is not null', 'the sixth refusal is the last, whatever the class');
select is_empty($$ select * from w where class in ('never', 'nonsense') and s is not null $$, 'never is never, and so is what is not known');
select is_empty($$ select * from w where class in ('retry', 'slow_pair', 'slow_number', 'slow_app', 'later') and wait = 42 and n < 6 and s <> 42 $$, 'a time that was named counts');
select is((select array_agg(s::integer order by n) from w where class = 'slow_pair' and wait is null), array[4, 16, 64, 256, 1024, null], 'a pair: 4^n seconds');
select is((select array_agg(s between m * 60 and m * 66 order by n) from w join unnest(array[1, 5, 15, 60, 360]) with ordinality as x (m, o) on o = n where class = 'retry' and wait is null), array[true, true, true, true, true], 'the schedule in minutes');
select is((select array_agg(s::integer order by n) from w where class = 'later' and wait is null), array[600, 600, 600, 600, 600, null], 'later: ten minutes');
select is((select array_agg(s::integer order by class, n) from w where class in ('window_closed', 'reupload') and wait is null and n <= 2), array[0, null, 0, null], 'another way: once, at once');
select is((select array_agg(distinct s::integer) from w where class in ('pause_number', 'stop_channel') and n < 6), array[0], 'the account decides when');
select isnt(app.retry_in('retry', 1, '{60}', null, gen_random_uuid()), app.retry_in('retry', 1, '{60}', null, '00000000-0000-0000-0000-000000000000'), 'what failed together does not come back together');

select * from finish();
rollback;

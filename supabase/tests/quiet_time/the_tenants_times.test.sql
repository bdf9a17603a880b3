-- By what the message looks like.
begin;
select no_plan();

create function pg_temp.quiet (p_type text, p_text text, p_quiet integer, p_long integer, p_max integer) returns interval language sql as $$
  select app.quiet_time(jsonb_populate_record(null::public.tenants,
           jsonb_build_object('burst_quiet_ms', p_quiet, 'burst_long_quiet_ms', p_long, 'burst_max_wait_ms', p_max)), p_type, p_text); $$;
select is(pg_temp.quiet('text', 'Are you open?', 600, 2500, 6000), interval '600 milliseconds', 'complete');
select is(pg_temp.quiet('text', 'Hi', 600, 2500, 6000), interval '2500 milliseconds', 'unfinished');
select is(pg_temp.quiet('interactive', 'Yes', 600, 2500, 6000), interval '0', 'a tap waits for nothing');
select is(pg_temp.quiet('audio', '', 600, 2500, 6000), interval '600 milliseconds', 'a voice note as what is complete');
select is(pg_temp.quiet('text', 'Hi', 600, 2500, 1000), interval '1 second', 'never longer than a burst may wait');
select is(pg_temp.quiet('text', 'Hi', 4000, 2500, 6000), interval '4 seconds', 'nor shorter than what is complete');

select * from finish();
rollback;

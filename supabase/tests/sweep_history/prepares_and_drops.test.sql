-- Both, in one call.
begin;
select no_plan();

select tests.clock('2004-02-28 12:00:00Z');
create function pg_temp.sweep (p_done text) returns void language plpgsql as $$
declare v_done boolean;
begin
  for n in 1 .. 100 loop
    perform app.sweep_history();
    execute p_done into v_done;
    exit when v_done;
    perform pg_sleep(0.02);
  end loop;
end; $$;
select pg_temp.sweep($$ select to_regclass('app.queue_history_20040302') is not null $$);
select has_table('app', 'queue_history_20040302', 'three days ahead, over a leap day');
select tests.later('8 days');
select pg_temp.sweep($$ select to_regclass('app.queue_history_20040228') is null and to_regclass('app.queue_history_20040310') is not null $$);
select hasnt_table('app', 'queue_history_20040228', 'a week later the first days are gone');
select has_table('app', 'queue_history_20040310', 'and the next ones are there');
select has_table('app', 'processed_messages_20040228', 'what is kept for longer is kept');
set local role service_role;
select lives_ok('select app.sweep_history()', 'the service role may');

select * from finish();
rollback;

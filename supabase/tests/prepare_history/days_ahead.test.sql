-- The partitions of the days to come.
begin;
select no_plan();

select tests.clock('2002-12-30 23:59:00Z');
-- What somebody else is in the way of is left to the next call.
create function pg_temp.prepare (p_days integer, p_count integer) returns integer language plpgsql as $$
declare v_made integer := 0;
begin
  for n in 1 .. 100 loop
    v_made := v_made + app.prepare_history(p_days);
    exit when v_made >= p_count;
    perform pg_sleep(0.02);
  end loop;
  return v_made;
end; $$;
set local role service_role;
select is(pg_temp.prepare(2, 16), 16, 'the service role has them made: yesterday, today and two days ahead, for each table');
select is(app.prepare_history(2), 0, 'once');
select is(pg_temp.prepare(3, 4), 4, 'a day more');
reset role;
select set_eq($$ select h.name || to_char(date '2002-12-29' + n, '_YYYYMMDD') from app.history_tables() as h cross join generate_series(0, 4) as n $$,
  $$ select c.relname::text from pg_class c where c.relname ~ '_200(212|301)\d\d$' $$, 'over the end of the year');
select is_empty($$ select c.relname from pg_class c where c.relname ~ '_200(212|301)\d\d$' and (not c.relrowsecurity or c.relacl is not null) $$,
  'none of them is open to anybody');

select * from finish();
rollback;

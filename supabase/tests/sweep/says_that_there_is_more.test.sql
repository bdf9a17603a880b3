-- A sweep that met its limit says so.
begin;
select no_plan();

select tests.clock();
select app.acquire_message_lock(0::smallint, 'lock ' || n, 'w', '10 seconds') from generate_series(1, 3) as n;
select tests.later('1 minute');
select results_eq($$ select s -> 'locks', s -> 'more' from app.sweep(0::smallint, p_limit => 2) as s $$, $$ values ('2'::jsonb, 'true'::jsonb) $$, 'more');
select results_eq($$ select s -> 'locks', s -> 'more' from app.sweep(0::smallint, p_limit => 2) as s $$, $$ values ('1'::jsonb, 'false'::jsonb) $$, 'no more');

select * from finish();
rollback;

-- The token of a leader fences its sweeps.
begin;
select no_plan();

select tests.clock();
create temp table t as select app.lead('test job', 'w1', '30 seconds') as first;
select isnt(app.sweep(0::smallint, first), null, 'the leader sweeps') from t;
select tests.later('30 seconds');
select throws_ok($$ select app.sweep(0::smallint, first) from t $$, 'SB001', null, 'not when its lease has ended');
select isnt(app.sweep(0::smallint, app.lead('test job', 'w2', '30 seconds')), null, 'the next one does');
select throws_ok($$ select app.sweep(0::smallint, first) from t $$, 'SB001', null, 'and the first one still does not');
select isnt(app.sweep(0::smallint), null, 'pg_cron needs no token');

select * from finish();
rollback;

-- A session that is to stop is not connected.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
grant select on s to public;
set local role service_role;
select app.stop_session(0::smallint, account) from s;
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w1', 10, '30 seconds') $$, 'nobody takes it');
select throws_ok($$ select app.stop_session(0::smallint, gen_random_uuid()) $$, 'SB404', null, 'only what is there');

select * from finish();
rollback;

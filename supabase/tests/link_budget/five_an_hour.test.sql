-- A number is linked five times within an hour, not more.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
grant select on s to public;
set local role service_role;
select lives_ok($$ select app.link_budget(0::smallint, account) from s, generate_series(2, 5) $$, 'the first was counted when it was made');
select tests.later('59 minutes');
select throws_ok($$ select app.link_budget(0::smallint, account) from s $$, 'SB409', format('account %s was tried to be linked five times within an hour; try again after 11:00 UTC', account), 'the sixth waits, and is told how long') from s;
select tests.later('1 minute');
select lives_ok($$ select app.link_budget(0::smallint, account) from s $$, 'for an hour');
select is((select link_rounds from public.sessions), 1, 'then it begins anew');

select * from finish();
rollback;
